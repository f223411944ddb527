//! The digests that apply to features.

use std::path::Path;

use containai_core::devcontainer::{Feature, FeatureLock};
use containai_core::hint::Hint;
use containai_core::naming::{Sha256Digest, WorkspacePath};

use crate::devcontainer_file::DevcontainerFile;
use crate::error::OperationError;
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted lock file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The digests that apply to features.
#[derive(Clone, Debug)]
pub(crate) struct FeaturePins {
    /// The lock file of the workspace.
    workspace: FeatureLock,
    /// The approved features; `None` while they are reviewed, which approves nothing by itself.
    approved: Option<FeatureLock>,
}

impl FeaturePins {
    /// Returns the approved digests of a file. Nothing else is downloaded.
    ///
    /// # Errors
    ///
    /// The workspace's lock file is invalid.
    pub(crate) fn approved(
        file: &DevcontainerFile,
        workspace: &WorkspacePath,
    ) -> crate::Result<Self> {
        let approved = Some(file.approved_features().clone());
        Ok(Self { workspace: read_lock(file, workspace)?, approved })
    }

    /// Returns the digests of the workspace's lock file, for a review.
    ///
    /// # Errors
    ///
    /// The workspace's lock file is invalid.
    pub(crate) fn for_review(
        file: &DevcontainerFile,
        workspace: &WorkspacePath,
    ) -> crate::Result<Self> {
        Ok(Self { workspace: read_lock(file, workspace)?, approved: None })
    }

    /// Returns the digest of a feature to download; `None` for the current one of its source, which
    /// only a review gets.
    ///
    /// # Errors
    ///
    /// The feature is not approved, or the workspace's lock file names another digest now.
    pub(super) fn expected(
        &self,
        feature: &Feature,
    ) -> Result<Option<Sha256Digest>, OperationError> {
        let key = feature.lock_key();
        let locked = self.workspace.digest(&key);
        let Some(approved) = &self.approved else { return Ok(locked) };
        match approved.digest(&key) {
            None => Err(not_approved(feature, "is not approved")),
            Some(digest) if locked.is_some_and(|locked| locked != digest) => {
                Err(not_approved(feature, "is locked to another version than the approved one"))
            }
            digest => Ok(digest),
        }
    }

    /// Checks that a directory's feature that reaches the host has the approved content.
    ///
    /// # Errors
    ///
    /// The feature is not approved.
    pub(super) fn check(
        &self,
        feature: &Feature,
        digest: Sha256Digest,
    ) -> Result<(), OperationError> {
        let Some(approved) = &self.approved else { return Ok(()) };
        match approved.digest(&feature.lock_key()) == Some(digest) {
            true => Ok(()),
            false => Err(not_approved(feature, "asks for mounts and is not approved")),
        }
    }
}

/// Reads the lock file beside a `devcontainer.json`.
fn read_lock(file: &DevcontainerFile, workspace: &WorkspacePath) -> crate::Result<FeatureLock> {
    let path = FeatureLock::path_beside(&file.path);
    let text = workspace_file::read(workspace, Path::new(&path), FollowLinks::Never, MAX_BYTES);
    let invalid = |reason: String| {
        OperationError::usage(format!("cannot use `{path}` in `{workspace}`: {reason}"))
            .hint(Hint::new("correct or remove the lock file"))
    };
    match text.map_err(|refused| invalid(refused.to_string()))? {
        None => Ok(FeatureLock::default()),
        Some(text) => Ok(FeatureLock::parse(&text).map_err(|error| invalid(error.to_string()))?),
    }
}

fn not_approved(feature: &Feature, reason: &str) -> OperationError {
    OperationError::usage(format!("the feature `{}` {reason}", feature.identifier))
        .hint(Hint::run("cai trust", "review and approve the features of the file"))
}
