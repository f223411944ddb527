//! Following links in the home directory: dotfiles are often links to a repository or a store.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use containai_core::import::is_private_path;
use containai_ssh::transfer::Directory;
use nix::unistd::geteuid;

use crate::openat2;

/// The most links of one path, as in path_resolution(7).
const MAX_LINKS: usize = 40;
/// Directories of packages, which only root or the package manager changes.
const STORES: [&str; 6] =
    ["/nix/store", "/gnu/store", "/opt", "/usr/share", "/usr/local/share", "/usr/lib"];
const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// The end of a path that leads through links.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum LinkTarget {
    /// A path below the home directory, which contains no link.
    Home(String),
    /// An absolute path outside of it, which contains no link and which other users cannot change.
    Store(PathBuf),
}

/// A reason not to follow a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LinkRefusal {
    /// The target does not exist or cannot be read.
    Missing,
    /// The links form a loop.
    Loop,
    /// The target is a place of secrets.
    Private,
    /// A link in a directory that a link leads to leaves that directory.
    LeavesDirectory,
    /// The target is outside the home directory, and other users can change it.
    OtherPlace,
    /// The target is a directory with more than settings.
    TooLarge,
}

/// The place of a path that is resolved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LinkPlace {
    /// A place of the user's settings.
    Settings,
    /// A directory that a link leads to. A container may be able to write there.
    Followed,
}

impl LinkTarget {
    /// Follows the links of an absolute path. `home` is an absolute path without links.
    pub(super) fn resolve(home: &Path, path: &Path, place: LinkPlace) -> Result<Self, LinkRefusal> {
        let mut walk = LinkWalk {
            home,
            current: PathBuf::from("/"),
            pending: components(path),
            links: match place {
                LinkPlace::Settings => 0,
                LinkPlace::Followed => 1,
            },
        };
        while let Some(name) = walk.pending.pop_front() {
            walk.step(&name)?;
        }
        walk.finish()
    }

    /// Reads a file of at most `limit` bytes. A path in which a link has been created meanwhile is
    /// an error.
    pub(super) fn read(&self, home: &Directory, limit: u64) -> io::Result<Vec<u8>> {
        match self {
            Self::Home(path) => home.read_file(path, limit),
            Self::Store(path) => {
                let file = File::from(openat2::open_without_links(path, openat2::READ)?);
                if !file.metadata()?.is_file() {
                    return Err(io::Error::other("it is not a regular file"));
                }
                let mut bytes = Vec::new();
                file.take(limit).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

/// A path that is being resolved: `current` contains no link.
struct LinkWalk<'a> {
    home: &'a Path,
    current: PathBuf,
    pending: VecDeque<PathBuf>,
    links: usize,
}

impl LinkWalk<'_> {
    fn step(&mut self, name: &Path) -> Result<(), LinkRefusal> {
        if name == Path::new("..") {
            self.current.pop();
            return Ok(());
        }
        let next = self.current.join(name);
        let metadata = fs::symlink_metadata(&next).map_err(|_| LinkRefusal::Missing)?;
        if !metadata.is_symlink() {
            self.current = next;
            return Ok(());
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(LinkRefusal::Loop);
        }
        let to = fs::read_link(&next).map_err(|_| LinkRefusal::Missing)?;
        self.check_link(&to)?;
        let mut pending = components(&to);
        pending.append(&mut self.pending);
        self.pending = pending;
        if to.is_absolute() {
            self.current = PathBuf::from("/");
        }
        Ok(())
    }

    /// Checks a link in the current directory. The first link of a path is in a place of the user's
    /// settings; the next ones may be in a workspace, unless they are in the home directory itself.
    fn check_link(&self, to: &Path) -> Result<(), LinkRefusal> {
        let Ok(below) = self.current.strip_prefix(self.home) else {
            return if is_safe_place(&self.current) {
                Ok(())
            } else {
                Err(LinkRefusal::OtherPlace)
            };
        };
        if self.links == 1 {
            return Ok(());
        }
        let Some(top) = below.components().next() else { return Ok(()) };
        let whole = normalized(&self.current.join(to));
        match whole.starts_with(self.home.join(top)) {
            true => Ok(()),
            false => Err(LinkRefusal::LeavesDirectory),
        }
    }

    fn finish(self) -> Result<LinkTarget, LinkRefusal> {
        if let Ok(below) = self.current.strip_prefix(self.home) {
            let below = below.to_str().ok_or(LinkRefusal::Missing)?;
            // The home directory itself is no settings file.
            return match below.is_empty() || is_private_path(below) {
                true => Err(LinkRefusal::Private),
                false => Ok(LinkTarget::Home(below.to_owned())),
            };
        }
        let name = self.current.to_string_lossy();
        match is_safe_place(&self.current) {
            true if is_private_path(name.trim_start_matches('/')) => Err(LinkRefusal::Private),
            true => Ok(LinkTarget::Store(self.current)),
            false => Err(LinkRefusal::OtherPlace),
        }
    }
}

/// Whether only root and the user can change what is at this path, and it is a store or belongs to
/// the user.
fn is_safe_place(path: &Path) -> bool {
    let user = geteuid().as_raw();
    let is_own = |metadata: &Metadata| user != 0 && metadata.uid() == user;
    let is_store = STORES.iter().any(|store| path.starts_with(store));
    let is_kept = |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| is_kept(&it, user));
    let is_settled = is_store || fs::symlink_metadata(path).is_ok_and(|it| is_own(&it));
    is_settled && path.ancestors().all(is_kept)
}

/// Whether other users cannot change a file or replace the entries of a directory. In a sticky
/// directory, only owners can replace them.
fn is_kept(metadata: &Metadata, user: u32) -> bool {
    let is_open = metadata.mode() & GROUP_OR_OTHERS_WRITE != 0;
    let is_sticky = metadata.is_dir() && metadata.mode() & STICKY != 0;
    [0, user].contains(&metadata.uid()) && (!is_open || is_sticky)
}

/// Returns the parts of a path that name something.
fn components(path: &Path) -> VecDeque<PathBuf> {
    let is_name =
        |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_name).map(|part| PathBuf::from(part.as_os_str())).collect()
}

/// Resolves `..` lexically.
fn normalized(path: &Path) -> PathBuf {
    let mut whole = PathBuf::from("/");
    for part in components(path) {
        if part == Path::new("..") {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    whole
}

impl fmt::Display for LinkRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "its target does not exist",
            Self::Loop => "it is part of a loop",
            Self::Private => "it leads to a place of secrets",
            Self::LeavesDirectory => "it leads through a link that leaves its directory",
            Self::OtherPlace => "it leads out of your home directory",
            Self::TooLarge => "it leads to a directory that is too large for settings",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Creates a home directory with files and links, and resolves a path in it.
    fn resolve(files: &[&str], links: &[(&str, &str)], path: &str) -> Result<String, LinkRefusal> {
        let base = tempfile::tempdir().expect("a directory");
        let home = fs::canonicalize(base.path()).expect("a path");
        let create_parent = |path: &Path| {
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        };
        for file in files {
            let file = home.join(file);
            create_parent(&file);
            fs::write(file, "x").expect("a file");
        }
        for (link, to) in links {
            let link = home.join(link);
            create_parent(&link);
            symlink(to.replace('~', &home.to_string_lossy()), link).expect("a link");
        }
        LinkTarget::resolve(&home, &home.join(path), LinkPlace::Settings).map(|target| match target
        {
            LinkTarget::Home(path) => path,
            LinkTarget::Store(path) => path.display().to_string(),
        })
    }

    #[test]
    fn links_of_dotfile_managers_are_followed() {
        let found = |files: &[&str], links: &[(&str, &str)], path: &str| {
            resolve(files, links, path).expect("a target")
        };
        let zshrc = ["dotfiles/zsh/.zshrc"];
        assert_eq!(found(&zshrc, &[(".zshrc", "dotfiles/zsh/.zshrc")], ".zshrc"), zshrc[0]);
        assert_eq!(found(&zshrc, &[(".zshrc", "~/dotfiles/zsh/.zshrc")], ".zshrc"), zshrc[0]);
        // A folded directory, and a link within the repository.
        let links = [(".config", "dotfiles/config"), ("dotfiles/config/nvim", "../vim")];
        assert_eq!(
            found(&["dotfiles/vim/init.lua"], &links, ".config/nvim/init.lua"),
            "dotfiles/vim/init.lua"
        );
        assert!(found(&[], &[("x", "/usr/share")], "x").starts_with("/usr/share"));
    }

    #[test]
    fn other_links_are_refused() {
        for (links, expected) in [
            ([("x", ".ssh/config"), ("y", "z")], LinkRefusal::Private),
            ([("x", "."), ("y", "z")], LinkRefusal::Private),
            ([("x", "none"), ("y", "z")], LinkRefusal::Missing),
            ([("x", "y"), ("y", "x")], LinkRefusal::Loop),
            ([("x", "repo/a"), ("repo/a", "../docs/a")], LinkRefusal::LeavesDirectory),
            ([("x", "repo/a"), ("repo/a", "/etc/passwd")], LinkRefusal::LeavesDirectory),
            ([("x", "/etc/passwd"), ("y", "z")], LinkRefusal::OtherPlace),
            ([("x", "/proc/self/environ"), ("y", "z")], LinkRefusal::OtherPlace),
        ] {
            let files = [".ssh/config", "docs/a"];
            assert_eq!(resolve(&files, &links, "x"), Err(expected), "{links:?}");
        }
    }

    #[test]
    fn places_that_others_can_change_are_no_stores() {
        let [user, other] = [1000, 1001];
        let directory = tempfile::tempdir().expect("a directory");
        let metadata = |mode| {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode))
                .expect("a mode");
            fs::metadata(directory.path()).expect("metadata")
        };
        let owner = metadata(0o755).uid();
        assert!(is_kept(&metadata(0o755), owner) && is_kept(&metadata(0o1777), owner));
        assert!(!is_kept(&metadata(0o775), owner) && !is_kept(&metadata(0o757), owner));
        if owner != 0 {
            assert!(!is_kept(&metadata(0o755), if owner == user { other } else { user }));
        }
    }
}
