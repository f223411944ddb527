//! Features in the review of a file.

use containai_core::devcontainer::{Devcontainer, FeatureLock};
use containai_core::naming::WorkspacePath;

use super::pins::FeaturePins;
use super::resolve::{FeatureSet, ResolvedFeature, resolve};
use crate::devcontainer_file::DevcontainerFile;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// The features of a file as they are now, for its approval.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureReview {
    /// The digests to approve.
    pub(crate) lock: FeatureLock,
    /// The features and their requests, one a line.
    pub(crate) requests: Vec<String>,
}

impl FeatureReview {
    /// Resolves the features of a file; those that are not in the workspace's lock file in their
    /// current version.
    ///
    /// # Errors
    ///
    /// A feature cannot be downloaded or read.
    pub(crate) async fn read(
        devcontainer: &Devcontainer,
        file: &DevcontainerFile,
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let pins = FeaturePins::for_review(file, workspace)?;
        let set = resolve(devcontainer, file, workspace, &pins, env, reporter).await?;
        let requests = set.features.iter().flat_map(|feature| requests(&set, feature)).collect();
        Ok(Self { lock: set.lock, requests })
    }
}

/// Describes a feature that needs approval; nothing for another one.
fn requests(set: &FeatureSet, resolved: &ResolvedFeature) -> Vec<String> {
    let ResolvedFeature { feature, manifest, .. } = resolved;
    let Some(locked) = set.lock.features.get(&feature.lock_key()) else { return Vec::new() };
    let version = match locked.version.as_str() {
        "" => String::new(),
        version => format!(" {version}"),
    };
    let mut lines = vec![format!("feature `{}`{version}, {}", feature.source, locked.integrity)];
    let mounts = manifest.mounts.iter().map(|mount| format!("  mounts {mount}"));
    lines.extend(mounts);
    lines.extend(manifest.entrypoint.iter().map(|it| format!("  runs at each start: {it}")));
    lines
}
