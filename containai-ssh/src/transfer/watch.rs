//! Watching of local directories.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::inotify::{
    CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch,
};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

use super::directory::{Directory, is_link_or_not_dir};
use super::tree_scan::descend;

/// Space for some hundred events; the kernel queues the rest.
const BUFFER: usize = 16 << 10;

/// Watches local directories (inotify(7)), without their subdirectories.
/// Symbolic links to directories are not followed.
#[derive(Debug)]
pub struct DirectoryWatcher {
    inotify: AsyncFd<OwnedFd>,
    /// The paths of directories, by watch descriptor.
    paths: BTreeMap<i32, String>,
}

/// A change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WatchEvent {
    /// The path whose content, mode or existence changed.
    Path(String),
    /// Events were lost, because the kernel's queue overflowed.
    Overflow,
}

/// Whether new directories are watched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WatchUpdate {
    /// Some are new: earlier changes in them were not seen.
    Added,
    /// None are new.
    Unchanged,
}

impl DirectoryWatcher {
    /// Creates a watcher without directories, in a Tokio runtime.
    ///
    /// # Errors
    ///
    /// That the user has too many watchers.
    pub fn new() -> io::Result<Self> {
        let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        // SAFETY: the descriptor is the same one until it is closed, after its
        // registration is removed: nothing takes it out of this value.
        let inotify = unsafe { AsyncFd::register(inotify) }?;
        Ok(Self { inotify, paths: BTreeMap::new() })
    }

    /// Sets the watched directories to exactly these paths below the root; the
    /// empty path is the root. Missing directories, and those behind symbolic
    /// links, are skipped.
    ///
    /// # Errors
    ///
    /// That the user watches too many directories.
    pub fn watch_only<'a>(
        &mut self,
        root: &Directory,
        paths: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<WatchUpdate> {
        let mut watched = BTreeMap::new();
        let mut novelty = WatchUpdate::Unchanged;
        for path in paths {
            let Some(number) = self.add(root, path)? else { continue };
            if self.paths.get(&number).is_none_or(|known| known != path) {
                novelty = WatchUpdate::Added;
            }
            watched.insert(number, path.to_owned());
        }
        let kept: BTreeSet<i32> = watched.keys().copied().collect();
        for number in self.paths.keys().filter(|number| !kept.contains(number)) {
            // A removed directory is not watched any more.
            let _ = remove_watch(self.inotify.get_ref(), *number);
        }
        self.paths = watched;
        Ok(novelty)
    }

    /// Waits for changes, and returns all of them.
    ///
    /// # Errors
    ///
    /// Those of read(2).
    pub async fn next_changes(&mut self) -> io::Result<Vec<WatchEvent>> {
        loop {
            let mut ready = self.inotify.readable().await?;
            let changes = read(self.inotify.get_ref(), &mut self.paths)?;
            ready.clear_ready();
            if !changes.is_empty() {
                return Ok(changes);
            }
        }
    }

    fn add(&self, root: &Directory, path: &str) -> io::Result<Option<i32>> {
        let directory = match descend(root, path) {
            Ok(Some(directory)) => directory,
            Ok(None) => return Ok(None),
            Err(error) if is_link_or_not_dir(&error) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
            Err(error) => return Err(error),
        };
        let seen = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVED_TO;
        // The open directory is watched, even if its name was reused meanwhile.
        let open = format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd());
        match add_watch(self.inotify.get_ref(), open, seen | WatchFlags::ONLYDIR) {
            Ok(number) => Ok(Some(number)),
            Err(Errno::ACCESS | Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn read(inotify: &OwnedFd, paths: &mut BTreeMap<i32, String>) -> io::Result<Vec<WatchEvent>> {
    let mut changes = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut reader = Reader::new(inotify, &mut buffer);
    loop {
        let event = match reader.next() {
            Ok(event) => event,
            Err(Errno::AGAIN) => return Ok(changes),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        let change = if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
            WatchEvent::Overflow
        } else if event.events().contains(ReadFlags::IGNORED) {
            // The watch descriptor may be reused for another directory.
            paths.remove(&event.wd());
            continue;
        } else {
            let Some(path) = paths.get(&event.wd()) else { continue };
            let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
            match name.map(OsStr::to_str) {
                Some(Some(name)) if path.is_empty() => WatchEvent::Path(name.to_owned()),
                Some(Some(name)) => WatchEvent::Path(format!("{path}/{name}")),
                None => WatchEvent::Path(path.clone()),
                // Names that are not UTF-8 are never imported.
                Some(None) => continue,
            }
        };
        if changes.last() != Some(&change) {
            changes.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    async fn next(watch: &mut DirectoryWatcher) -> Option<Vec<WatchEvent>> {
        let waited = tokio::time::timeout(Duration::from_millis(300), watch.next_changes()).await;
        waited.ok().map(|changes| changes.expect("the kernel answers"))
    }

    #[tokio::test]
    async fn watches_only_the_given_directories_and_follows_no_link() {
        let place = tempfile::tempdir().expect("a directory");
        let at = |path: &str| place.path().join(path);
        for directory in ["home/.x/sub", "home/.y", "outside"] {
            fs::create_dir_all(at(directory)).expect("made");
        }
        symlink(at("outside"), at("home/.way")).expect("a link");
        let root = Directory::open(&at("home"), &[]).expect("a directory");
        let mut watch = DirectoryWatcher::new().expect("a watcher");
        let paths = ["", ".x", ".way", ".none/deep"];
        assert_eq!(watch.watch_only(&root, paths).expect("watched"), WatchUpdate::Added);
        assert_eq!(watch.watch_only(&root, paths).expect("watched"), WatchUpdate::Unchanged);

        fs::write(at("outside/file"), "x").expect("written");
        fs::write(at("home/.x/sub/file"), "x").expect("written");
        fs::write(at("home/.y/file"), "x").expect("written");
        assert_eq!(next(&mut watch).await, None);
        fs::write(at("home/.x/file"), "x").expect("written");
        let seen = vec![WatchEvent::Path(".x/file".into())];
        assert_eq!(next(&mut watch).await, Some(seen));
        fs::rename(at("home/.x/file"), at("home/.file")).expect("moved");
        assert_eq!(next(&mut watch).await, Some(vec![WatchEvent::Path(".file".into())]));

        // A recreated directory is a different one.
        fs::remove_dir_all(at("home/.x")).expect("removed");
        fs::create_dir(at("home/.x")).expect("made");
        assert_eq!(next(&mut watch).await, Some(vec![WatchEvent::Path(".x".into())]));
        assert_eq!(watch.watch_only(&root, paths).expect("watched"), WatchUpdate::Added);
        assert_eq!(watch.watch_only(&root, [".y"]).expect("watched"), WatchUpdate::Added);
        fs::write(at("home/.x/file"), "x").expect("written");
        assert_eq!(next(&mut watch).await, None);
        fs::set_permissions(
            at("home/.y/file"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .expect("changed");
        assert_eq!(next(&mut watch).await, Some(vec![WatchEvent::Path(".y/file".into())]));
    }
}
