//! Downloads of features.

use std::io::Read;

use containai_core::devcontainer::{
    FeatureArtifact, FeaturePackage, FeaturePackageError, FeatureSource, MAX_FEATURE_BYTES,
    TarballUrl,
};
use containai_core::hint::Hint;
use containai_core::naming::{ArtifactReference, Sha256Digest};
use containai_docker::registry::{DownloadFailure, RegistryClient, RegistryError};
use flate2::read::MultiGzDecoder;

use super::cache::{DownloadCache, MAX_DOWNLOAD};
use crate::error::{OperationError, ResultExt as _};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// Bytes of headers and padding in an archive, in addition to its content.
const ARCHIVE_OVERHEAD: u64 = 32 << 20;
/// The first bytes of a gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Downloads features, or reads them from the cache.
#[derive(Debug)]
pub(super) struct FeatureFetcher {
    cache: DownloadCache,
    client: RegistryClient,
    reporter: Reporter,
}

/// A downloaded feature.
#[derive(Debug)]
pub(super) struct FetchedFeature {
    pub(super) package: FeaturePackage,
    /// The digest of the manifest of an artifact, or of a tarball.
    pub(super) digest: Sha256Digest,
}

impl FeatureFetcher {
    pub(super) fn new(env: &ProcessEnv, reporter: &Reporter) -> Self {
        let client = RegistryClient::new(&env.build_env(), env.layout.docker_config_dir());
        let cache = DownloadCache::new(env.layout.feature_cache());
        Self { cache, client, reporter: reporter.clone() }
    }

    /// Returns a feature with this digest, or the current one of its source; `None` for a directory.
    pub(super) async fn fetch(
        &self,
        source: &FeatureSource,
        digest: Option<Sha256Digest>,
    ) -> crate::Result<Option<FetchedFeature>> {
        let (tarball, digest) = match source {
            FeatureSource::Directory(_) => return Ok(None),
            FeatureSource::Registry(reference) => self.artifact(reference, digest).await?,
            FeatureSource::Tarball(url) => self.tarball(url, digest).await?,
        };
        let package =
            unpack(&tarball).with_context(|| format!("cannot use the feature `{source}`"))?;
        Ok(Some(FetchedFeature { package, digest }))
    }

    async fn artifact(
        &self,
        reference: &ArtifactReference,
        digest: Option<Sha256Digest>,
    ) -> crate::Result<(Vec<u8>, Sha256Digest)> {
        let known = digest.and_then(|digest| Some((self.cache.read(digest)?, digest)));
        let (manifest, digest) = match known {
            Some(known) => known,
            None => {
                let pinned = digest.map(|digest| reference.at_digest(digest));
                self.reporter.detail(&format!("downloading the feature {reference}"));
                let manifest = self.client.manifest(pinned.as_ref().unwrap_or(reference)).await?;
                self.store(&manifest.content);
                (manifest.content, manifest.digest)
            }
        };
        let artifact = FeatureArtifact::parse(&manifest).ok_or_else(|| not_a_feature(reference))?;
        if let Some(tarball) = self.cache.read(artifact.tarball) {
            return Ok((tarball, digest));
        }
        let limit = artifact.size.min(MAX_DOWNLOAD);
        let tarball = self.client.blob(reference, artifact.tarball, limit).await?;
        self.store(&tarball);
        Ok((tarball, digest))
    }

    async fn tarball(
        &self,
        url: &TarballUrl,
        expected: Option<Sha256Digest>,
    ) -> crate::Result<(Vec<u8>, Sha256Digest)> {
        let known = expected.and_then(|digest| Some((self.cache.read(digest)?, digest)));
        if let Some(known) = known {
            return Ok(known);
        }
        self.reporter.detail(&format!("downloading the feature {url}"));
        let tarball = self.client.tarball(url, MAX_DOWNLOAD).await?;
        let actual = Sha256Digest::of(&tarball);
        if let Some(expected) = expected
            && expected != actual
        {
            let failure = DownloadFailure::DigestMismatch { expected, actual };
            return Err(RegistryError::of_tarball(url, failure).into());
        }
        self.store(&tarball);
        Ok((tarball, actual))
    }

    /// Keeps content for the next time, which is not needed now.
    fn store(&self, content: &[u8]) {
        if let Err(error) = self.cache.write(content) {
            self.reporter.warn(&format!("a downloaded feature is not kept: {error}"));
        }
    }
}

/// Unpacks a tarball in memory; it may be compressed.
fn unpack(tarball: &[u8]) -> Result<FeaturePackage, FeaturePackageError> {
    match tarball.starts_with(&GZIP) {
        true => {
            let limit = MAX_FEATURE_BYTES + ARCHIVE_OVERHEAD;
            FeaturePackage::read(MultiGzDecoder::new(tarball).take(limit))
        }
        false => FeaturePackage::read(tarball),
    }
}

fn not_a_feature(reference: &ArtifactReference) -> OperationError {
    OperationError::usage(format!("`{reference}` is not a feature")).hint(Hint::new(
        "check the identifier in `features`; an image or a template is not a feature",
    ))
}
