//! Artifacts of OCI registries, and files of web servers.
//!
//! Requests run on this machine as the user, and everything that a server sends is hostile: content
//! is limited in size and checked against its digest, redirects never leave `https:` and never take
//! credentials to another server, and a token comes only from an encrypted connection.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>,
//! <https://distribution.github.io/distribution/spec/auth/token/>.

mod challenge;
mod client;
mod connection;
mod credentials;
mod error;
mod http;
mod proxy;
#[cfg(test)]
mod tests;
mod token;
mod url;

pub use client::{ArtifactManifest, RegistryClient};
pub use error::{DownloadFailure, RegistryError};
