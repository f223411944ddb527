//! Errors of downloads.

use containai_core::devcontainer::TarballUrl;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::naming::{ArtifactReference, Sha256Digest};

use super::url::WebUrl;

/// An artifact or a file cannot be downloaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot download `{name}`")]
#[non_exhaustive]
pub struct RegistryError {
    /// The artifact or the URL.
    pub name: String,
    /// The host that was asked first.
    pub host: String,
    /// The reason.
    #[source]
    pub failure: DownloadFailure,
}

impl RegistryError {
    /// Describes a download from a web server.
    pub fn of_tarball(url: &TarballUrl, failure: DownloadFailure) -> Self {
        let host = WebUrl::parse(url.as_str()).map(|url| url.authority()).unwrap_or_default();
        Self { name: url.to_string(), host, failure }
    }

    /// Describes a download from a registry.
    pub fn of_artifact(reference: &ArtifactReference, failure: DownloadFailure) -> Self {
        Self { name: reference.to_string(), host: reference.registry().to_owned(), failure }
    }
}

/// The reason why a download failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadFailure {
    /// The server cannot be reached: no network, an unknown name, a refused connection.
    #[error("cannot reach `{server}`: {reason}")]
    Unreachable {
        /// The server, or the proxy on the way to it.
        server: String,
        /// The reason.
        reason: String,
    },
    /// The certificate of the server is not trusted, or it speaks no TLS.
    #[error("the connection to `{server}` is not secure: {reason}")]
    Insecure {
        /// The server.
        server: String,
        /// The reason.
        reason: String,
    },
    /// The server sent nothing for a while.
    #[error("`{server}` sent nothing for {seconds} s")]
    TimedOut {
        /// The server.
        server: String,
        /// The limit.
        seconds: u64,
    },
    /// The proxy of this variable cannot be used.
    #[error("the proxy in `{variable}` is not an HTTP proxy")]
    UnsupportedProxy {
        /// The variable.
        variable: &'static str,
    },
    /// The artifact or the file does not exist.
    #[error("`{server}` does not have it")]
    NotFound {
        /// The server.
        server: String,
    },
    /// The server requires other credentials, or none are known.
    #[error("`{server}` does not give access to it")]
    Unauthorized {
        /// The server.
        server: String,
    },
    /// The server asks for authentication in a way that is not safe or not known.
    #[error("`{server}` asks for authentication in an unsupported way")]
    UnsupportedAuthentication {
        /// The server.
        server: String,
    },
    /// The server answered with another status.
    #[error("`{server}` answered with status {status}")]
    Status {
        /// The server.
        server: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server redirects without end, or to a place without encryption.
    #[error("`{server}` redirects too often or to an address without encryption")]
    Redirect {
        /// The server.
        server: String,
    },
    /// The content has another digest than expected: it was changed, or truncated on the way.
    #[error("its content has the digest {actual} instead of {expected}")]
    DigestMismatch {
        /// The expected digest.
        expected: Sha256Digest,
        /// The digest of what arrived.
        actual: Sha256Digest,
    },
    /// The content is larger than allowed.
    #[error("it is larger than {} KiB", limit >> 10)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
}

impl Advice for RegistryError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        let host = &self.host;
        vec![match &self.failure {
            DownloadFailure::Unreachable { .. } | DownloadFailure::TimedOut { .. } => Hint::new(
                "check the network and the proxy variables (`https_proxy`, `no_proxy`), and try again",
            ),
            DownloadFailure::Insecure { .. } => Hint::new(
                "add the certificate of its authority to this machine's store, or name a bundle in `SSL_CERT_FILE`",
            ),
            DownloadFailure::UnsupportedProxy { .. } => {
                Hint::new("name a proxy such as `http://proxy.example.com:3128`")
            }
            DownloadFailure::NotFound { .. } => Hint::new(
                "check the name and the version; https://containers.dev/features lists features",
            ),
            DownloadFailure::Unauthorized { .. } => Hint::run(
                &format!("docker login {host}"),
                "give access to a private registry; check the name otherwise",
            ),
            DownloadFailure::DigestMismatch { .. } => Hint::new(
                "do not use it; if the author replaced it, remove its entry from `devcontainer-lock.json`",
            ),
            DownloadFailure::UnsupportedAuthentication { .. }
            | DownloadFailure::Status { .. }
            | DownloadFailure::Redirect { .. }
            | DownloadFailure::TooLarge { .. } => {
                Hint::new("try again later; if it stays, the server or the artifact is faulty")
            }
        }]
    }
}
