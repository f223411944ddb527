//! References of artifacts in OCI registries.

use std::fmt;

use super::Sha256Digest;

/// The tag of a reference without one.
const LATEST: &str = "latest";
/// The maximum length of a reference; a registry's name has at most 255 characters.
const MAX_LENGTH: usize = 512;

/// The reference of an artifact in a registry, such as `ghcr.io/devcontainers/features/node:1`.
///
/// References are case-insensitive and stored in lower case.
///
/// Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>,
/// <https://containers.dev/implementors/features/#referencing-a-feature>.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ArtifactReference {
    registry: String,
    repository: String,
    version: ArtifactVersion,
}

/// The version of an artifact.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ArtifactVersion {
    /// A tag, which may name another artifact tomorrow.
    Tag(String),
    /// The digest of the manifest.
    Digest(Sha256Digest),
}

impl ArtifactReference {
    /// Parses `registry/repository[:tag][@digest]`. A digest precedes a tag; without both, the tag is
    /// `latest`.
    ///
    /// # Errors
    ///
    /// [`ArtifactReferenceError`] for another text, such as one whose first part is not a host.
    pub fn parse(text: &str) -> Result<Self, ArtifactReferenceError> {
        let error = |reason| ArtifactReferenceError { text: text.to_owned(), reason };
        if text.len() > MAX_LENGTH {
            return Err(error("it is too long"));
        }
        let lower = text.to_lowercase();
        let (named, digest) = match lower.split_once('@') {
            Some((named, digest)) => {
                let digest =
                    Sha256Digest::parse(digest).map_err(|_| error("its digest is not SHA-256"))?;
                (named, Some(digest))
            }
            None => (lower.as_str(), None),
        };
        let (registry, path) = named.split_once('/').ok_or(error("it has no repository"))?;
        if !is_registry(registry) {
            return Err(error("it does not begin with the host of a registry"));
        }
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, tag),
            None => (path, LATEST),
        };
        if !repository.split('/').all(is_path_component) {
            return Err(error("its repository has invalid characters"));
        }
        if !is_tag(tag) {
            return Err(error("its tag has invalid characters"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            version: digest
                .map_or_else(|| ArtifactVersion::Tag(tag.to_owned()), ArtifactVersion::Digest),
        })
    }

    /// Returns the host of the registry, with its port if that is not the standard one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the path of the repository, such as `devcontainers/features/node`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the version.
    pub fn version(&self) -> &ArtifactVersion {
        &self.version
    }

    /// Returns the registry and the repository, without the version.
    pub fn resource(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Returns the last part of the repository, such as `node`.
    pub fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the reference of a manifest in the same repository.
    #[must_use]
    pub fn at_digest(&self, digest: Sha256Digest) -> Self {
        Self { version: ArtifactVersion::Digest(digest), ..self.clone() }
    }
}

impl fmt::Display for ArtifactReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match &self.version {
            ArtifactVersion::Tag(_) => ':',
            ArtifactVersion::Digest(_) => '@',
        };
        write!(f, "{}{separator}{}", self.resource(), self.version)
    }
}

impl fmt::Display for ArtifactVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => write!(f, "{digest}"),
        }
    }
}

/// The text is not the reference of an artifact.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not the reference of an artifact: {reason}", .text.escape_debug())]
#[non_exhaustive]
pub struct ArtifactReferenceError {
    /// The given text.
    pub text: String,
    /// The reason, as a sentence about the reference.
    pub reason: &'static str,
}

/// Returns whether a text is a host with an optional port. A single word is a host only as
/// `localhost`, since Docker's references begin with a user's name otherwise.
fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_host = host.split('.').all(is_label) && host.len() <= 253;
    is_host
        && (host.contains('.') || port.is_some() || host == "localhost")
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// Returns whether a text is `[a-z0-9]+([._-]+[a-z0-9]+)*`.
fn is_path_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.iter().all(|&byte| is_plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
        && bytes.first().is_some_and(|&byte| is_plain(byte))
        && bytes.last().is_some_and(|&byte| is_plain(byte))
        && !text.contains("..")
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
        && text.bytes().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_parsed_and_normalized() {
        let digest = Sha256Digest::of(b"");
        let at = format!("ghcr.io/a/b@{digest}");
        for (text, expected) in [
            (
                "ghcr.io/devcontainers/features/node:1",
                Some("ghcr.io/devcontainers/features/node:1"),
            ),
            ("GHCR.io/A/b-c/D_e", Some("ghcr.io/a/b-c/d_e:latest")),
            ("localhost:5000/x:1.2.3", Some("localhost:5000/x:1.2.3")),
            ("localhost/x", Some("localhost/x:latest")),
            (&at, Some(at.as_str())),
            (&format!("ghcr.io/a/b:1@{digest}"), Some(at.as_str())),
            ("owner/repository/x", None),
            ("ghcr.io", None),
            ("ghcr.io/", None),
            ("ghcr.io/a//b", None),
            ("ghcr.io/a/../b", None),
            ("ghcr.io/a/.b", None),
            ("ghcr.io/a?x=y", None),
            ("ghcr.io/a:b/c", None),
            ("ghcr.io/a: x", None),
            ("ghcr.io/a@sha512:00", None),
            ("user@ghcr.io/a", None),
            ("ghcr.io:0/a", None),
            ("-x.io/a", None),
            ("ghcr.io/a\n", None),
        ] {
            let read = ArtifactReference::parse(text).ok().map(|it| it.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        let node = ArtifactReference::parse("ghcr.io/a/node:1").expect("a reference");
        assert_eq!((node.resource().as_str(), node.name()), ("ghcr.io/a/node", "node"));
        assert_eq!(node.at_digest(digest).to_string(), format!("ghcr.io/a/node@{digest}"));
    }
}
