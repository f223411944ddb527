//! Records of lent workspaces, written before the first file is lent.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::OwnershipError;
use super::lend::ChangedSince;

/// The maximum difference between a clock and the time of a file.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// A workspace whose files are lent to its container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Loan {
    /// The workspace.
    pub(crate) workspace: PathBuf,
    /// The workspace, and the directories of its repository that the container may write.
    pub(crate) trees: Vec<PathBuf>,
}

/// The locked records: two commands never lend and return at the same time.
pub(crate) struct LoanStore {
    directory: PathBuf,
    _lock: File,
}

impl LoanStore {
    /// Waits for the lock. Only root has access to the directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, OwnershipError> {
        let open = || {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            let lock = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(directory.join("lock"))?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = open().map_err(OwnershipError::at(directory))?;
        Ok(Self { directory: directory.to_owned(), _lock: lock })
    }

    /// Returns all records; unreadable ones are skipped.
    pub(crate) fn list(&self) -> Result<Vec<Loan>, OwnershipError> {
        let read = || -> io::Result<Vec<Loan>> {
            let mut loans = Vec::new();
            for entry in fs::read_dir(&self.directory)? {
                let path = entry?.path();
                if path.extension().is_some_and(|ending| ending == "json") {
                    loans.extend(serde_json::from_slice::<Loan>(&fs::read(&path)?).ok());
                }
            }
            Ok(loans)
        };
        read().map_err(OwnershipError::at(&self.directory))
    }

    pub(crate) fn find(&self, workspace: &Path) -> Option<Loan> {
        serde_json::from_slice(&fs::read(self.path(workspace)).ok()?).ok()
    }

    /// Writes a record to the disk unless it exists. Trees of an earlier container are kept.
    pub(super) fn record(&self, loan: &Loan) -> Result<Loan, OwnershipError> {
        let before = self.find(&loan.workspace);
        let mut recorded = loan.clone();
        let earlier = before.iter().flat_map(|it| &it.trees).cloned();
        recorded.trees.extend(earlier.filter(|tree| !loan.trees.contains(tree)));
        if before.as_ref().is_some_and(|it| it.trees.len() == recorded.trees.len()) {
            return Ok(recorded);
        }
        let path = self.path(&loan.workspace);
        let aside = path.with_extension("new");
        let write = || {
            let mut file = File::create(&aside)?;
            file.write_all(&serde_json::to_vec_pretty(&recorded)?)?;
            file.set_modified(SystemTime::UNIX_EPOCH)?;
            file.sync_all()?;
            fs::rename(&aside, &path)?;
            File::open(&self.directory)?.sync_all()
        };
        write().map_err(OwnershipError::at(&path))?;
        Ok(recorded)
    }

    /// Returns the time at which all files were last lent, which is the record's modification time.
    pub(super) fn lent_at(&self, workspace: &Path) -> ChangedSince {
        let time = fs::metadata(self.path(workspace)).map(|status| status.mtime());
        time.map_or(ChangedSince::Unknown, ChangedSince::EpochSeconds)
    }

    /// Records that a walk which began at this time has lent all files. File system clocks are
    /// coarse.
    pub(super) fn set_lent_at(
        &self,
        workspace: &Path,
        began: SystemTime,
    ) -> Result<(), OwnershipError> {
        let path = self.path(workspace);
        let time = began.checked_sub(CLOCK_TOLERANCE).unwrap_or(SystemTime::UNIX_EPOCH);
        let set = || File::options().write(true).open(&path)?.set_modified(time);
        set().map_err(OwnershipError::at(&path))
    }

    pub(super) fn remove(&self, workspace: &Path) -> Result<(), OwnershipError> {
        let path = self.path(workspace);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(OwnershipError { path, source: error })
            }
            _ => Ok(()),
        }
    }

    fn path(&self, workspace: &Path) -> PathBuf {
        let digest = Sha256::digest(workspace.as_os_str().as_encoded_bytes());
        let name = hex::encode(&digest[..16]);
        self.directory.join(format!("{name}.json"))
    }
}
