//! Sources of features.

use std::fmt;

use super::error::DevcontainerError;
use super::path::resolve_in_workspace;
use crate::naming::ArtifactReference;

/// The collection of the features with short names.
const COLLECTION: &str = "ghcr.io/devcontainers/features";
/// The features of the specification's first versions that are named without a registry.
/// `@devcontainers/cli` resolves them in the same way.
const SHORT_NAMES: [&str; 18] = [
    "aws-cli",
    "azure-cli",
    "desktop-lite",
    "docker-from-docker",
    "docker-in-docker",
    "dotnet",
    "git",
    "git-lfs",
    "github-cli",
    "java",
    "kubectl-helm-minikube",
    "node",
    "powershell",
    "python",
    "ruby",
    "rust",
    "sshd",
    "terraform",
];
/// Short names of features that have another name today.
const RENAMED: [(&str, &str); 5] = [
    ("golang", "go"),
    ("common", "common-utils"),
    ("gradle", "java"),
    ("maven", "java"),
    ("jupyterlab", "python"),
];
/// The options of the features that replace others.
const REPLACED_BY_OPTION: [(&str, &str); 3] =
    [("gradle", "installGradle"), ("maven", "installMaven"), ("jupyterlab", "installJupyterlab")];
/// A namespace that moved as a whole.
const MOVED: (&str, &str) = ("ghcr.io/devcontainers-contrib/", "ghcr.io/devcontainers-extra/");

/// The source of a feature.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum FeatureSource {
    /// A directory, relative to the workspace.
    Directory(String),
    /// An artifact in a registry.
    Registry(ArtifactReference),
    /// A tarball on a web server.
    Tarball(TarballUrl),
}

/// The `https:` URL of a feature's tarball, `devcontainer-feature-<id>.tgz`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TarballUrl(String);

impl FeatureSource {
    /// Parses the identifier of a feature; directories are relative to `folder`.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`] for a directory outside the workspace, and for features that were
    /// published only as releases of a repository.
    pub(super) fn parse(
        identifier: &str,
        folder: &str,
        key: &str,
    ) -> Result<Self, DevcontainerError> {
        let unsupported = |reason| DevcontainerError::Unsupported { key: key.to_owned(), reason };
        if identifier.starts_with("./") || identifier.starts_with("../") {
            return resolve_in_workspace(folder, identifier, key).map(Self::Directory);
        }
        if identifier.starts_with("https://") {
            let url = TarballUrl::parse(identifier).ok_or_else(|| {
                unsupported("a tarball has a URL like `https://HOST/devcontainer-feature-ID.tgz`")
            })?;
            return Ok(Self::Tarball(url));
        }
        let reference = ArtifactReference::parse(&full_name(identifier)).map_err(|_| {
            unsupported(
                "a feature is named `REGISTRY/PATH:VERSION`, `./DIRECTORY` or `https://…tgz`; \
                 see https://containers.dev/features",
            )
        })?;
        Ok(Self::Registry(reference))
    }

    /// Returns the resource without its version: the registry and the repository, the URL or the
    /// directory.
    pub fn resource(&self) -> String {
        match self {
            Self::Directory(directory) => directory.clone(),
            Self::Registry(reference) => reference.resource(),
            Self::Tarball(url) => url.0.clone(),
        }
    }

    /// Returns the last part of the name, without a version.
    pub fn short_name(&self) -> &str {
        match self {
            Self::Directory(directory) => directory.rsplit('/').next().unwrap_or_default(),
            Self::Registry(reference) => reference.name(),
            Self::Tarball(url) => url.id(),
        }
    }

    /// Whether the feature comes over the network.
    pub fn is_downloaded(&self) -> bool {
        !matches!(self, Self::Directory(_))
    }

    /// Returns the resource of a feature of the same collection with this id; `None` for sources
    /// without collections.
    pub(super) fn sibling(&self, id: &str) -> Option<String> {
        let Self::Registry(reference) = self else { return None };
        let resource = reference.resource();
        let (namespace, _) = resource.rsplit_once('/')?;
        Some(format!("{namespace}/{id}"))
    }

    /// Returns the option that selects a former feature in the one that replaced it.
    pub(super) fn replacing_option(identifier: &str) -> Option<&'static str> {
        let mut options = REPLACED_BY_OPTION.into_iter();
        options.find(|(old, _)| *old == identifier).map(|(_, option)| option)
    }

    /// Returns the key in a lock file, in lower case.
    pub fn lock_key(identifier: &str) -> String {
        identifier.to_lowercase()
    }
}

impl fmt::Display for FeatureSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "./{directory}"),
            Self::Registry(reference) => write!(f, "{reference}"),
            Self::Tarball(url) => write!(f, "{url}"),
        }
    }
}

impl TarballUrl {
    /// Parses a URL; `None` for another file name, and for user names and passwords in the URL.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let (host, path) = rest.split_once('/')?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_host = !host.is_empty() && !host.contains(['@', '\\', '?', '#']);
        let url = Self(text.to_owned());
        let is_id = |id: &str| {
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !id.is_empty() && id.bytes().all(is_word)
        };
        (is_plain && is_host && !path.is_empty() && is_id(url.id())).then_some(url)
    }

    /// Returns the URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the feature's id in the file name; empty for another file name.
    fn id(&self) -> &str {
        let path = self.0.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let id = name.strip_prefix("devcontainer-feature-");
        id.and_then(|id| id.strip_suffix(".tgz")).unwrap_or_default()
    }
}

impl fmt::Display for TarballUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Completes a short name, and replaces the name of a moved collection.
fn full_name(identifier: &str) -> String {
    let lower = identifier.to_lowercase();
    let renamed = RENAMED.into_iter().find(|(old, _)| *old == lower).map(|(_, new)| new);
    if let Some(name) = renamed.or(SHORT_NAMES.into_iter().find(|name| *name == lower)) {
        return format!("{COLLECTION}/{name}:1");
    }
    match lower.strip_prefix(MOVED.0) {
        Some(rest) => format!("{}{rest}", MOVED.1),
        None => identifier.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_name_their_source() {
        let check = |identifier: &str| match FeatureSource::parse(identifier, ".devcontainer", "k")
        {
            Ok(source) => format!("{source} = {}, {}", source.resource(), source.short_name()),
            Err(error) => error.to_string(),
        };
        let all = [
            "./a",
            "../a/b",
            "./../../a",
            "ghcr.io/devcontainers/features/node:1",
            "GHCR.io/devcontainers/features/Node",
            "ghcr.io/devcontainers-contrib/features/pnpm:2",
            "localhost:5000/x/y@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "https://example.com/a/devcontainer-feature-Some_x.tgz?v=1",
            "https://example.com/a/feature.tgz",
            "https://user:secret@example.com/devcontainer-feature-x.tgz",
            "https:///devcontainer-feature-x.tgz",
            "http://example.com/devcontainer-feature-x.tgz",
            "common",
            "golang",
            "docker-in-docker",
            "maven",
            "owner/repository/feature@v1",
            "/etc",
            "",
        ];
        insta::assert_snapshot!(all.map(check).join("\n"));
    }
}
