//! The client of registries and web servers.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use containai_core::devcontainer::TarballUrl;
use containai_core::naming::{ArtifactReference, ArtifactVersion, Sha256Digest};
use tokio::sync::Mutex;

use super::connection::WebConnector;
use super::credentials::RegistryCredentials;
use super::error::{DownloadFailure, RegistryError};
use super::http::{WebAnswer, WebRequest, send};
use super::token::authorize;
use super::url::WebUrl;
use crate::build_env::BuildEnv;

/// The media types of manifests. An index is not among them: features have no platforms.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.manifest.v1+json";
/// The maximum size of a manifest in bytes, as registries limit it.
const MAX_MANIFEST: u64 = 4 << 20;

/// A client for artifacts of registries and files of web servers.
pub struct RegistryClient {
    env: BuildEnv,
    /// Created when it is needed: reading all certificates takes longer than most commands.
    connector: OnceLock<WebConnector>,
    docker_config: PathBuf,
    /// The `Authorization` of each repository; secret.
    authorizations: Mutex<HashMap<String, String>>,
}

/// The manifest of an artifact.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ArtifactManifest {
    /// The exact bytes.
    pub content: Vec<u8>,
    /// Their digest.
    pub digest: Sha256Digest,
}

/// Omits credentials.
impl fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryClient").field("env", &self.env).finish_non_exhaustive()
    }
}

impl RegistryClient {
    /// Creates a client with the proxies and certificates of builds, and the logins in Docker's
    /// configuration directory, which apply only where a registry requires them.
    pub fn new(env: &BuildEnv, docker_config: &Path) -> Self {
        Self {
            env: env.clone(),
            connector: OnceLock::new(),
            docker_config: docker_config.to_owned(),
            authorizations: Mutex::default(),
        }
    }

    /// Downloads a manifest. Its content is checked against the digest of the reference, if that has
    /// one.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] with the reason.
    pub async fn manifest(
        &self,
        reference: &ArtifactReference,
    ) -> Result<ArtifactManifest, RegistryError> {
        let path = format!("/v2/{}/manifests/{}", reference.repository(), reference.version());
        let expected = match reference.version() {
            ArtifactVersion::Digest(digest) => Some(*digest),
            ArtifactVersion::Tag(_) => None,
        };
        let read = self.read(reference, &path, MANIFEST_TYPES, MAX_MANIFEST).await;
        let checked = read.and_then(|content| check(content, expected));
        let error = |failure| RegistryError::of_artifact(reference, failure);
        let (content, digest) = checked.map_err(error)?;
        Ok(ArtifactManifest { content, digest })
    }

    /// Downloads content of at most `limit` bytes by its digest, which is checked.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] with the reason.
    pub async fn blob(
        &self,
        reference: &ArtifactReference,
        digest: Sha256Digest,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let path = format!("/v2/{}/blobs/{digest}", reference.repository());
        let read = self.read(reference, &path, "*/*", limit).await;
        let checked = read.and_then(|content| check(content, Some(digest)));
        let error = |failure| RegistryError::of_artifact(reference, failure);
        checked.map(|(content, _)| content).map_err(error)
    }

    /// Downloads a file of at most `limit` bytes, without credentials.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] with the reason.
    pub async fn tarball(&self, url: &TarballUrl, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let error = |failure| RegistryError::of_tarball(url, failure);
        let invalid = || DownloadFailure::NotFound { server: url.to_string() };
        let parsed = WebUrl::parse(url.as_str()).ok_or_else(|| error(invalid()))?;
        let request = WebRequest { accept: "*/*", authorization: None, form: None, limit };
        let answer = send(self.connector(), &parsed, request).await.map_err(error)?;
        content_of(answer, &parsed.authority()).map_err(error)
    }

    fn connector(&self) -> &WebConnector {
        self.connector.get_or_init(|| WebConnector::new(&self.env))
    }

    /// Reads a path of a registry, with a token or a login if it requires one.
    async fn read(
        &self,
        reference: &ArtifactReference,
        path: &str,
        accept: &str,
        limit: u64,
    ) -> Result<Vec<u8>, DownloadFailure> {
        let server = reference.registry();
        let not_found = || DownloadFailure::NotFound { server: server.to_owned() };
        let url = WebUrl::of_registry(server, path).ok_or_else(not_found)?;
        let resource = reference.resource();
        let known = self.authorizations.lock().await.get(&resource).cloned();
        let request = WebRequest { accept, authorization: known.as_deref(), form: None, limit };
        let answer = send(self.connector(), &url, request).await?;
        if !matches!(answer.status, 401 | 403) || known.is_some() {
            return content_of(answer, server);
        }
        // Another server must not get at the login by a redirect.
        if !answer.url.is_same_host(&url) {
            return Err(DownloadFailure::Unauthorized { server: answer.url.authority() });
        }
        let credentials = RegistryCredentials::find(&self.docker_config, server).await;
        let authorization =
            authorize(self.connector(), &answer, reference, credentials.as_ref()).await?;
        let request = WebRequest { authorization: Some(&authorization), ..request };
        let answer = send(self.connector(), &url, request).await?;
        if answer.status < 400 {
            self.authorizations.lock().await.insert(resource, authorization);
        }
        content_of(answer, server)
    }
}

fn content_of(answer: WebAnswer, server: &str) -> Result<Vec<u8>, DownloadFailure> {
    let server = server.to_owned();
    match answer.status {
        200..=299 => Ok(answer.content),
        401 | 403 => Err(DownloadFailure::Unauthorized { server }),
        404 | 410 => Err(DownloadFailure::NotFound { server }),
        status => Err(DownloadFailure::Status { server, status }),
    }
}

fn check(
    content: Vec<u8>,
    expected: Option<Sha256Digest>,
) -> Result<(Vec<u8>, Sha256Digest), DownloadFailure> {
    let actual = Sha256Digest::of(&content);
    match expected {
        Some(expected) if expected != actual => {
            Err(DownloadFailure::DigestMismatch { expected, actual })
        }
        _ => Ok((content, actual)),
    }
}
