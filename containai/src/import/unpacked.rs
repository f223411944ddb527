//! Unpacking an archive of settings for an import.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::ResultExt as _;
use containai_core::layout::Layout;
use containai_ssh::transfer::{ArchiveLimits, CopyFailure, Directory, TransferProgress, unpack};
use tokio::task::spawn_blocking;

use crate::archive_file::Archive;
use crate::lock;
use crate::report::Reporter;

/// The unpacked files of an archive, in a directory that only the user can access. Dropping it
/// removes the directory; after a crash the next import does.
pub struct UnpackedArchive {
    directory: PathBuf,
    failures: Vec<CopyFailure>,
    _lock: File,
}

impl UnpackedArchive {
    /// Unpacks an untrusted archive. Symbolic links are not followed, and only files, directories and
    /// links are created.
    ///
    /// # Errors
    ///
    /// The archive cannot be read or decrypted, or exceeds the free space.
    pub async fn unpack(
        archive: Archive,
        layout: &Layout,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let guard = lock::acquire(&layout.import_unpack_lock(), "an archive", reporter).await?;
        let directory = layout.import_unpack_dir();
        remove(&directory)?;
        let mut unpacked = Self { directory, failures: Vec::new(), _lock: guard };
        let directory = unpacked.directory.clone();
        reporter.begin_work("unpacking the archive");
        let unpack_task = spawn_blocking(move || unpack_files(&archive, &directory));
        unpacked.failures = unpack_task.await??;
        reporter.finish_work();
        Ok(unpacked)
    }

    /// Returns the directory.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Returns the members that were skipped.
    pub fn failures(&self) -> &[CopyFailure] {
        &self.failures
    }
}

impl Drop for UnpackedArchive {
    fn drop(&mut self) {
        // The next import removes leftovers.
        let _ = remove(&self.directory);
    }
}

fn unpack_files(archive: &Archive, directory: &Path) -> crate::Result<Vec<CopyFailure>> {
    let context = || format!("cannot unpack `{}`", archive.path().display());
    DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(context)?;
    let root = Directory::open(directory, &[])?;
    let limits = ArchiveLimits::of(&root).with_context(context)?;
    let progress = Arc::new(TransferProgress::default());
    let report = unpack(archive.read()?, &root, limits, &progress).with_context(context)?;
    Ok(report.into_failures())
}

fn remove(directory: &Path) -> crate::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", directory.display()))
        }
        _ => Ok(()),
    }
}
