//! Managed images, and selection of those to prune.

use std::time::Duration;

use crate::engine::ShippedImage;
use crate::label::{self, Labels};
use crate::timestamp::Timestamp;

/// An image in an engine's store. All texts are untrusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManagedImage {
    /// The engine's id, `sha256:` and 64 digits.
    pub id: String,
    /// The references; none for intermediate results of builds.
    pub references: Vec<String>,
    /// The labels.
    pub labels: Labels,
    /// The size of all layers in bytes, including shared ones.
    pub size: u64,
    /// The creation time, in seconds since the Unix epoch.
    pub created: i64,
    /// The number of containers created from it, including stopped ones.
    pub containers: usize,
}

impl ManagedImage {
    /// Whether it was built from ContainAI's files, excluding the user's images based on them.
    pub fn is_managed(&self) -> bool {
        match self.references.as_slice() {
            [] => self.labels.get(label::IMAGE_NAME).is_some(),
            references => references.iter().all(|it| is_managed_reference(it)),
        }
    }

    /// Returns the short name from its label, such as `base`.
    pub fn name(&self) -> Option<&str> {
        self.labels.get(label::IMAGE_NAME)
    }
}

/// Whether only ContainAI creates such references: content-addressed images, released images, and
/// base systems from mmdebstrap.
fn is_managed_reference(reference: &str) -> bool {
    let repository = reference.rsplit_once(':').map_or(reference, |(repository, _)| repository);
    let short = repository.strip_prefix("ghcr.io/").unwrap_or(repository);
    let Some(name) = short.strip_prefix("containai/") else { return false };
    name == "bootstrap" || ShippedImage::ALL.iter().any(|image| image.name() == name)
}

/// Whether it is a base system from mmdebstrap, which all versions build on.
fn is_bootstrap_base(image: &ManagedImage) -> bool {
    image.references.iter().any(|reference| reference.starts_with("containai/bootstrap:"))
}

/// The age up to which an untagged image may be in use by a running build.
pub const BUILD_GRACE: Duration = Duration::from_secs(3600);

/// The images to prune.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PruneScope {
    /// Images that this version does not use.
    Outdated,
    /// Images without containers.
    Unused,
}

/// Returns the managed images to prune, youngest first: engines refuse to remove the parent of an
/// existing image.
///
/// `current` are the references that this version uses. Images with containers are always kept, and
/// so are untagged ones created within [`BUILD_GRACE`] of `now`.
pub fn prunable<'a>(
    images: &'a [ManagedImage],
    current: &[String],
    scope: PruneScope,
    now: Timestamp,
) -> Vec<&'a ManagedImage> {
    let is_current = |image: &ManagedImage| image.references.iter().any(|it| current.contains(it));
    let is_wanted = |image: &ManagedImage| is_current(image) || is_bootstrap_base(image);
    let is_kept = |image: &ManagedImage| scope == PruneScope::Outdated && is_wanted(image);
    let is_in_grace = |image: &ManagedImage| {
        image.references.is_empty()
            && image.created > now.as_unix() - BUILD_GRACE.as_secs().cast_signed()
    };
    let mut prunable: Vec<_> = images
        .iter()
        .filter(|image| {
            image.is_managed() && image.containers == 0 && !is_kept(image) && !is_in_grace(image)
        })
        .collect();
    prunable.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    prunable
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(10_000);

    fn image(reference: &str, created: i64, containers: usize) -> ManagedImage {
        ManagedImage {
            id: format!("sha256:{created}"),
            references: [reference]
                .into_iter()
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            labels: [(label::IMAGE_NAME, "base")].into_iter().collect(),
            size: 1,
            created,
            containers,
        }
    }

    #[test]
    fn only_unused_managed_images_are_pruned_youngest_first() {
        let images = [
            image("containai/base:now", 10, 0),
            image("containai/base:old", 1, 0),
            image("containai/agents:old", 2, 0),
            image("containai/agents:used", 3, 1),
            image("ghcr.io/containai/base:0.1.0", 4, 0),
            image("containai/kept:abc", 5, 0),
            image("me/on-yours:1", 6, 0),
            image("evil/containai/base:1", 7, 0),
            image("", 8, 0),
            image("containai/bootstrap:bookworm", 0, 0),
        ];
        let current = ["containai/base:now".to_owned()];
        let going = |thrift| -> Vec<i64> {
            prunable(&images, &current, thrift, NOW).iter().map(|image| image.created).collect()
        };
        assert_eq!(going(PruneScope::Outdated), [8, 4, 2, 1]);
        assert_eq!(going(PruneScope::Unused), [10, 8, 4, 2, 1, 0]);
    }

    #[test]
    fn recent_untagged_images_are_kept() {
        let images = [image("", 6_400, 0), image("", 6_401, 0), image("", 20_000, 0)];
        let going = prunable(&images, &[], PruneScope::Unused, NOW);
        assert_eq!(going.iter().map(|image| image.created).collect::<Vec<_>>(), [6_400]);
    }

    #[test]
    fn images_with_a_user_tag_are_kept() {
        let mut both = image("containai/base:old", 1, 0);
        both.references.push("mine:1".into());
        assert!(prunable(&[both], &[], PruneScope::Unused, NOW).is_empty());
    }
}
