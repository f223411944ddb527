//! Hints that name the file system that is full.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::iter;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::disk_full::{cleanup_hint, hint, is_full};
use containai_core::hint::Hint;
use containai_core::layout::EngineLayout;
use rustix::fs::statvfs;

/// A file system with less available space is full: programs give up before the last block.
const FULL_BELOW: ByteSize = ByteSize::from_bytes(16 << 20);

/// Replaces the hints of an error that is caused by a full disk by ones that name the file system.
/// Other hints stay as they are. `cause` is the error without its context, or the same error.
#[must_use]
pub fn refine_hints(
    error: &(dyn StdError + 'static),
    cause: &(dyn StdError + 'static),
    hints: Vec<Hint>,
) -> Vec<Hint> {
    if !hints.contains(&hint()) && !chain(cause).any(is_disk_full) {
        return hints;
    }
    let text = chain(error).map(|error| format!("{error} ")).collect::<String>();
    let file_system = find_full(&text, &EngineLayout::default());
    let first = file_system.map_or_else(hint, |file_system| {
        Hint::new(format!("free space on {file_system}, then run the command again"))
    });
    vec![first, cleanup_hint()]
}

fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

fn is_disk_full(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(is_full)
}

/// Finds the full file system: the error names a path on it, or the engine's store is there. A
/// failed write often frees the space again, so the first path in backticks, which is one of this
/// machine, is the next best.
fn find_full(text: &str, engine: &EngineLayout) -> Option<FileSystem> {
    let is_end = |c: char| c.is_whitespace() || "`\"':,;()".contains(c);
    let words = text.split(is_end).filter(|word| word.starts_with('/'));
    let paths = words.map(PathBuf::from).chain([engine.data_root()]);
    let quoted = text.split('`').skip(1).step_by(2).find(|word| word.starts_with('/'));
    paths
        .filter_map(|path| FileSystem::of(&path))
        .find(FileSystem::is_full)
        .or_else(|| FileSystem::of(Path::new(quoted?)))
}

/// A mounted file system.
struct FileSystem {
    mount_point: PathBuf,
    size: ByteSize,
    available: ByteSize,
    /// Whether it has a limited number of inodes, and none is left.
    is_out_of_inodes: bool,
}

impl FileSystem {
    /// Returns the file system of the path, or of its first existing parent.
    fn of(path: &Path) -> Option<Self> {
        let there = path.ancestors().find(|path| path.exists())?;
        let there = there.canonicalize().ok()?;
        let device = there.metadata().ok()?.dev();
        let is_on_device = |path: &&Path| path.metadata().is_ok_and(|it| it.dev() == device);
        let mount_point = there.ancestors().take_while(is_on_device).last()?;
        let status = statvfs(mount_point).ok()?;
        let bytes = |blocks: u64| ByteSize::from_bytes(blocks.saturating_mul(status.f_frsize));
        Some(Self {
            mount_point: mount_point.to_owned(),
            size: bytes(status.f_blocks),
            available: bytes(status.f_bavail),
            is_out_of_inodes: status.f_files > 0 && status.f_favail == 0,
        })
    }

    fn is_full(&self) -> bool {
        self.is_out_of_inodes || self.size.bytes() > 0 && self.available < FULL_BELOW
    }
}

impl fmt::Display for FileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (available, size) = (HumanSize(self.available), HumanSize(self.size));
        write!(f, "file system `{}` ", self.mount_point.display())?;
        if self.is_out_of_inodes {
            write!(f, "(no inode left for another file)")
        } else {
            write!(f, "({available} of {size} available)")
        }
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::EngineError;
    use containai_core::hint::Advice as _;

    use super::*;
    use crate::Error;
    use crate::error::ResultExt as _;

    fn shown(error: &Error) -> Vec<String> {
        error.hints().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn full_disk_is_found_in_every_kind_of_error() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let cleanup = cleanup_hint().to_string();
        let contexts: [Error; 3] = [
            Error::from(full()),
            Err::<(), _>(full()).context("cannot write `/proc/x`").expect_err("an error"),
            EngineError::NoSpace { message: "write /proc/x: no space left".into() }.into(),
        ];
        for error in contexts {
            let hints = shown(&error);
            assert!(hints[0].starts_with("free space on "), "{hints:?}");
            assert_eq!(hints[1..], [cleanup.as_str()], "{error}");
        }
        let other = Error::from(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        assert!(shown(&other).is_empty());
    }

    #[test]
    fn file_system_of_a_missing_file_is_that_of_its_directory() {
        let engine = EngineLayout::at("/nonexistent");
        let found = find_full("cannot write `/proc/no/such`: it is full", &engine);
        assert_eq!(found.expect("a file system").mount_point, Path::new("/proc"));
        assert!(find_full("cannot write", &engine).is_none_or(|found| found.is_full()));
    }
}
