//! Features as artifacts of a registry.

use serde::Deserialize;

use crate::naming::Sha256Digest;

/// The media type of an artifact's configuration.
const CONFIG_TYPE: &str = "application/vnd.devcontainers";
/// The media type of the layer with the content.
const LAYER_TYPE: &str = "application/vnd.devcontainers.layer.v1+tar";

/// The content of a feature in a registry, according to its manifest.
///
/// Source: <https://containers.dev/implementors/features-distribution/#oci-registry>.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FeatureArtifact {
    /// The digest of the tarball.
    pub tarball: Sha256Digest,
    /// The size of the tarball in bytes.
    pub size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistryManifest {
    config: RegistryDescriptor,
    layers: Vec<RegistryDescriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistryDescriptor {
    media_type: String,
    digest: String,
    size: u64,
}

impl FeatureArtifact {
    /// Parses the manifest of an artifact; `None` if it is not that of a feature.
    pub fn parse(manifest: &[u8]) -> Option<Self> {
        let manifest: RegistryManifest = serde_json::from_slice(manifest).ok()?;
        if manifest.config.media_type != CONFIG_TYPE {
            return None;
        }
        let mut layers = manifest.layers.into_iter().filter(|it| it.media_type == LAYER_TYPE);
        let layer = layers.next()?;
        Some(Self { tarball: Sha256Digest::parse(&layer.digest).ok()?, size: layer.size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_artifacts_are_not_features() {
        let digest = Sha256Digest::of(b"");
        let manifest = |config: &str, layer: &str, digest: &str| {
            let text = format!(
                r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": {{"mediaType": "{config}", "digest": "x", "size": 0}},
                    "layers": [{{"mediaType": "{layer}", "digest": "{digest}", "size": 7}}]}}"#
            );
            FeatureArtifact::parse(text.as_bytes())
        };
        let good = manifest(CONFIG_TYPE, LAYER_TYPE, &digest.to_string());
        assert_eq!(good, Some(FeatureArtifact { tarball: digest, size: 7 }));
        let digest = digest.to_string();
        let image = "application/vnd.oci.image.config.v1+json";
        assert_eq!(manifest(image, LAYER_TYPE, &digest), None);
        let collection = "application/vnd.devcontainers.collection.layer.v1+json";
        assert_eq!(manifest(CONFIG_TYPE, collection, &digest), None);
        assert_eq!(manifest(CONFIG_TYPE, LAYER_TYPE, "md5:00"), None);
        for other in ["", "[]", r#"{"manifests": []}"#, "\u{feff}{}"] {
            assert_eq!(FeatureArtifact::parse(other.as_bytes()), None);
        }
    }
}
