//! Managed images, and selection of those to prune.

use std::time::Duration;

use crate::engine::ShippedImage;
use crate::label::{self, Labels};
use crate::timestamp::Timestamp;

/// An image in an engine's store. All texts are untrusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnImage {
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

impl OwnImage {
    /// Whether it was built from ContainAI's files, excluding the user's images based on them.
    pub fn is_ours(&self) -> bool {
        match self.references.as_slice() {
            [] => self.labels.get(label::IMAGE_NAME).is_some(),
            references => references.iter().all(|it| is_reference_of_ours(it)),
        }
    }

    /// Returns the short name from its label, such as `base`.
    pub fn name(&self) -> Option<&str> {
        self.labels.get(label::IMAGE_NAME)
    }
}

/// Whether only ContainAI creates such references: content-addressed images, released images, and
/// base systems from mmdebstrap.
fn is_reference_of_ours(reference: &str) -> bool {
    let repository = reference.rsplit_once(':').map_or(reference, |(repository, _)| repository);
    let short = repository.strip_prefix("ghcr.io/").unwrap_or(repository);
    let Some(name) = short.strip_prefix("containai/") else { return false };
    name == "bootstrap" || ShippedImage::ALL.iter().any(|image| image.name() == name)
}

/// Whether it is a base system from mmdebstrap, which all versions build on.
fn is_system(image: &OwnImage) -> bool {
    image.references.iter().any(|reference| reference.starts_with("containai/bootstrap:"))
}

/// The age up to which an untagged image may be in use by a running build.
pub const GOES_ON: Duration = Duration::from_secs(3600);

/// The images to prune.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Thrift {
    /// Images that this version does not use.
    KeepCurrent,
    /// Images without containers.
    KeepUsed,
}

/// Returns the managed images to prune, youngest first: engines refuse to remove the parent of an
/// existing image.
///
/// `current` are the references that this version uses. Images with containers are always kept, and
/// so are untagged ones created within [`BUILD_GRACE`] of `now`.
pub fn prunable<'a>(
    images: &'a [OwnImage],
    current: &[String],
    thrift: Thrift,
    now: Timestamp,
) -> Vec<&'a OwnImage> {
    let is_current = |image: &OwnImage| image.references.iter().any(|it| current.contains(it));
    let is_wanted = |image: &OwnImage| is_current(image) || is_system(image);
    let is_kept = |image: &OwnImage| thrift == Thrift::KeepCurrent && is_wanted(image);
    let goes_on = |image: &OwnImage| {
        image.references.is_empty() && image.created > now.unix() - GOES_ON.as_secs().cast_signed()
    };
    let mut going: Vec<_> = images
        .iter()
        .filter(|image| {
            image.is_ours() && image.containers == 0 && !is_kept(image) && !goes_on(image)
        })
        .collect();
    going.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    going
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(10_000);

    fn image(reference: &str, created: i64, containers: usize) -> OwnImage {
        OwnImage {
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
    fn only_what_is_ours_and_nobody_needs_goes_youngest_first() {
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
        assert_eq!(going(Thrift::KeepCurrent), [8, 4, 2, 1]);
        assert_eq!(going(Thrift::KeepUsed), [10, 8, 4, 2, 1, 0]);
    }

    #[test]
    fn what_a_build_may_stand_on_stays() {
        let images = [image("", 6_400, 0), image("", 6_401, 0), image("", 20_000, 0)];
        let going = prunable(&images, &[], Thrift::KeepUsed, NOW);
        assert_eq!(going.iter().map(|image| image.created).collect::<Vec<_>>(), [6_400]);
    }

    #[test]
    fn an_image_with_a_name_of_the_users_too_is_the_users() {
        let mut both = image("containai/base:old", 1, 0);
        both.references.push("mine:1".into());
        assert!(prunable(&[both], &[], Thrift::KeepUsed, NOW).is_empty());
    }
}
