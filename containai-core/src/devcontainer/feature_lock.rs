//! Lock files of features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::DevcontainerError;
use super::feature_source::FeatureSource;
use crate::naming::Sha256Digest;

/// The name of a lock file beside a `devcontainer.json`.
const FILE_NAME: &str = "devcontainer-lock.json";

/// The digests of features by their identifiers in lower case, `devcontainer-lock.json`.
///
/// Source: <https://github.com/devcontainers/spec/blob/main/docs/specs/devcontainer-lockfile.md>.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct FeatureLock {
    /// The features.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, LockedFeature>,
}

/// A feature in a lock file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LockedFeature {
    /// The full version, for people.
    #[serde(default)]
    pub version: String,
    /// The source with its digest, for people.
    #[serde(default)]
    pub resolved: String,
    /// The digest: of the manifest of an artifact, of a tarball, or of the `devcontainer-feature.json`
    /// of a directory.
    pub integrity: Sha256Digest,
}

impl FeatureLock {
    /// Parses a lock file; an empty one has no features.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError::Syntax`].
    pub fn parse(text: &str) -> Result<Self, DevcontainerError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let lock: Self = serde_json::from_str(text).map_err(|error| DevcontainerError::Syntax {
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })?;
        let lower =
            |(key, feature): (String, LockedFeature)| (FeatureSource::lock_key(&key), feature);
        Ok(Self { features: lock.features.into_iter().map(lower).collect() })
    }

    /// Returns the path of the lock file of a `devcontainer.json`, relative to the workspace.
    pub fn path_beside(devcontainer: &str) -> String {
        let (folder, name) = match devcontainer.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), devcontainer),
        };
        let dot = if name.starts_with('.') { "." } else { "" };
        format!("{folder}{dot}{FILE_NAME}")
    }

    /// Returns the digest of a feature; `None` if it is not locked.
    pub fn digest(&self, key: &str) -> Option<Sha256Digest> {
        self.features.get(key).map(|feature| feature.integrity)
    }
}

impl LockedFeature {
    /// Describes a feature with this content.
    pub fn new(source: &FeatureSource, version: Option<&str>, integrity: Sha256Digest) -> Self {
        let resolved = match source {
            FeatureSource::Registry(reference) => reference.at_digest(integrity).to_string(),
            source => source.to_string(),
        };
        Self { version: version.unwrap_or_default().to_owned(), resolved, integrity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_are_read() {
        let digest = Sha256Digest::of(b"");
        let text = format!(
            "{{\"features\": {{\"ghcr.io/A/b:1\": {{\"version\": \"1.2.3\", \"resolved\": \"x\", \
             \"integrity\": \"{digest}\", \"dependsOn\": [\"y\"]}}}}, \"other\": 1}}"
        );
        let lock = FeatureLock::parse(&text).expect("a lock file");
        assert_eq!(lock.digest("ghcr.io/a/b:1"), Some(digest));
        assert_eq!(lock.digest("ghcr.io/a/b:2"), None);
        for empty in ["", " \n", "{}"] {
            assert_eq!(FeatureLock::parse(empty), Ok(FeatureLock::default()), "{empty}");
        }
        for wrong in ["{\"features\": {\"a\": {}}}", &text.replace("sha256", "md5")] {
            assert!(FeatureLock::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lock_files_are_beside_the_configuration() {
        for (file, expected) in [
            (".devcontainer/devcontainer.json", ".devcontainer/devcontainer-lock.json"),
            (".devcontainer.json", ".devcontainer-lock.json"),
            ("a/b/x.json", "a/b/devcontainer-lock.json"),
        ] {
            assert_eq!(FeatureLock::path_beside(file), expected);
        }
    }
}
