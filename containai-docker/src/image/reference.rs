//! References of ContainAI images.

use containai_core::engine::ShippedImage;
use sha2::{Digest as _, Sha256};

use super::embedded;

/// The registry of released images.
const REGISTRY: &str = "ghcr.io/containai";

/// Returns the reference in the engine's store, such as `containai/base:3f2a91c04d7e`.
///
/// The tag is a digest of the embedded files of the image and its parents: a changed file changes
/// the tag of every image above it.
pub fn local_reference(image: ShippedImage) -> String {
    format!("containai/{}:{}", image.name(), content_digest(image))
}

/// Returns the reference in the registry, with this crate's version as tag.
pub(crate) fn registry_reference(image: ShippedImage) -> String {
    format!("{REGISTRY}/{}:{}", image.name(), env!("CARGO_PKG_VERSION"))
}

/// Returns the first twelve hexadecimal digits of the SHA-256 over the files of the image and its
/// parents.
pub(crate) fn content_digest(image: ShippedImage) -> String {
    let digest = image.build_order().into_iter().fold(Vec::new(), |parent, image| {
        let mut hash = Sha256::new();
        hash.update(parent);
        for file in embedded::files(image) {
            hash.update(file.path);
            hash.update([0]);
            hash.update(file.mode.to_be_bytes());
            hash.update((file.bytes.len() as u64).to_be_bytes());
            hash.update(file.bytes);
        }
        hash.finalize().to_vec()
    });
    hex::encode(&digest[..6])
}

/// Splits a reference into repository and tag. The default tag is `latest`; a digest stays with the
/// repository.
pub(crate) fn split(reference: &str) -> (&str, &str) {
    if reference.contains('@') {
        return (reference, "");
    }
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (reference, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split_as_docker_does() {
        assert_eq!(split("ubuntu"), ("ubuntu", "latest"));
        assert_eq!(split("ubuntu:24.04"), ("ubuntu", "24.04"));
        assert_eq!(split("localhost:5000/x"), ("localhost:5000/x", "latest"));
        assert_eq!(split("localhost:5000/x:1"), ("localhost:5000/x", "1"));
        assert_eq!(split("x@sha256:ab"), ("x@sha256:ab", ""));
    }

    #[test]
    fn local_reference_is_stable_and_short() {
        let reference = local_reference(ShippedImage::Base);
        assert_eq!(reference, local_reference(ShippedImage::Base));
        assert_eq!(reference.len(), "containai/base:".len() + 12);
    }

    #[test]
    fn parent_images_are_part_of_the_digest() {
        // The same files on another parent are another image.
        assert_eq!(
            embedded::files(ShippedImage::Agents).as_ptr(),
            embedded::files(ShippedImage::Full).as_ptr()
        );
        let contents: std::collections::BTreeSet<_> = ShippedImage::ALL.map(content_digest).into();
        assert_eq!(contents.len(), ShippedImage::ALL.len());
    }
}
