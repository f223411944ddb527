//! Settings in an archive, unpacked for an import.

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

/// The files of an archive in a directory that only its owner may enter. It
/// goes with this value; where that was killed, with the next one.
pub struct UnpackedArchive {
    directory: PathBuf,
    failures: Vec<CopyFailure>,
    _lock: File,
}

impl UnpackedArchive {
    /// Unpacks all of an archive that a stranger may have made: below that
    /// directory, through no link, and without what is no file, directory or
    /// link.
    pub async fn unpack(
        archive: Archive,
        layout: &Layout,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let turn = lock::acquire(&layout.import_unpack_lock(), "an archive", reporter).await?;
        let place = layout.import_unpack_dir();
        remove(&place)?;
        let mut unpacked = Self { directory: place, failures: Vec::new(), _lock: turn };
        let place = unpacked.directory.clone();
        reporter.begin_work("looking at the archive");
        let unpacking = spawn_blocking(move || unpack_files(&archive, &place));
        unpacked.failures = unpacking.await??;
        reporter.finish_work();
        Ok(unpacked)
    }

    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// What was left out.
    pub fn failures(&self) -> &[CopyFailure] {
        &self.failures
    }
}

impl Drop for UnpackedArchive {
    fn drop(&mut self) {
        // What stays is removed by the next one.
        let _ = remove(&self.directory);
    }
}

fn unpack_files(archive: &Archive, place: &Path) -> crate::Result<Vec<CopyFailure>> {
    let context = || format!("cannot unpack `{}`", archive.path().display());
    DirBuilder::new().recursive(true).mode(0o700).create(place).with_context(context)?;
    let root = Directory::open(place, &[])?;
    let limits = ArchiveLimits::of(&root).with_context(context)?;
    let meter = Arc::new(TransferProgress::default());
    let report = unpack(archive.read()?, &root, limits, &meter).with_context(context)?;
    Ok(report.into_failures())
}

fn remove(place: &Path) -> crate::Result<()> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", place.display()))
        }
        _ => Ok(()),
    }
}
