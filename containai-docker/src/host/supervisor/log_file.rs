//! The engine's log, on hosts without systemd.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::unistd::Group;

/// Size in bytes above which the log is rotated.
const LIMIT: u64 = 10 << 20;
/// Number of rotated logs that are kept: `.1` is the latest.
const KEPT: u32 = 2;
/// Time between two checks of the size.
const INTERVAL: Duration = Duration::from_secs(30);

/// Access for root, and for the group `adm`, which reads logs on Debian: the log names containers and
/// directories of all users.
const MODE: u32 = 0o640;

/// Opens the log for appending, rotated if it is too large.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // On a full disk, the engine starts with the large log; the next check tries again.
    let _ = rotate_if_larger(path, LIMIT);
    let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
    restrict(&file)?;
    Ok(file)
}

fn restrict(file: &File) -> io::Result<()> {
    if let Ok(Some(group)) = Group::from_name("adm") {
        fchown(file, None, Some(group.gid.as_raw()))?;
    }
    file.set_permissions(Permissions::from_mode(MODE))
}

/// Rotates the log whenever it has become too large, until the process ends. A repeated failure is
/// printed once.
pub(super) fn keep_small(path: &Path) -> ! {
    let mut failure = None;
    loop {
        thread::sleep(INTERVAL);
        let now = rotate_if_larger(path, LIMIT).err().map(|error| error.to_string());
        if let Some(text) = now.as_ref().filter(|_| failure != now) {
            eprintln!("containai-engine: cannot rotate `{}`: {text}", path.display());
        }
        failure = now;
    }
}

/// Copies the log to `.1` and empties it. It cannot be renamed, because the engine writes to the
/// open file; it appends, so it continues at the new end.
fn rotate_if_larger(path: &Path, limit: u64) -> io::Result<()> {
    let mut log = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        log => log?,
    };
    if log.metadata()?.len() <= limit {
        return Ok(());
    }
    for number in (1..KEPT).rev() {
        match fs::rename(rotated(path, number), rotated(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let dir = path.parent().unwrap_or(Path::new("/"));
    let mut copy = tempfile::Builder::new().tempfile_in(dir)?;
    io::copy(&mut log, copy.as_file_mut())?;
    restrict(copy.as_file())?;
    copy.persist(rotated(path, 1))?;
    OpenOptions::new().write(true).open(path)?.set_len(0)
}

fn rotated(path: &Path, number: u32) -> PathBuf {
    path.with_extension(format!("log.{number}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn log_is_rotated_below_its_writer() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("engine.log");
        let mut log = open(&path).expect("opened");
        let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o640);
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            log.write_all(line.as_bytes()).expect("written");
            rotate_if_larger(&path, 3).expect("rotated");
        }
        log.write_all(b"5\n").expect("written");
        rotate_if_larger(&path, 3).expect("small enough");
        let read = |path: &Path| fs::read_to_string(path).expect("a file");
        assert_eq!(read(&path), "5\n");
        assert_eq!(read(&rotated(&path, 1)), "four\n");
        assert_eq!(read(&rotated(&path, 2)), "three\n");
        assert_eq!(mode(&rotated(&path, 1)), 0o640);
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 3);
    }

    #[test]
    fn log_of_an_earlier_version_becomes_private() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("engine.log");
        fs::write(&path, "old\n").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("allowed");
        open(&path).expect("opened");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
    }
}
