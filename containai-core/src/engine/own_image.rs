//! Images in an engine's store, and which of them nobody needs.

use std::time::Duration;

use crate::engine::ShippedImage;
use crate::label::{self, Labels};
use crate::timestamp::Timestamp;

/// An image in an engine's store. Every text in it is untrusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnImage {
    /// The engine's identifier, `sha256:` and 64 digits.
    pub id: String,
    /// The references that name it; none for what a build left behind.
    pub references: Vec<String>,
    /// Its labels.
    pub labels: Labels,
    /// Bytes of all its layers, shared ones included.
    pub size: u64,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// How many containers are made of it, stopped ones included.
    pub containers: usize,
}

impl OwnImage {
    /// Whether it was made from files of ours, an image of the user's on ours
    /// excepted.
    pub fn is_ours(&self) -> bool {
        match self.references.as_slice() {
            [] => self.labels.get(label::IMAGE_NAME).is_some(),
            references => references.iter().all(|it| is_reference_of_ours(it)),
        }
    }

    /// The short name that its files give it, such as `base`.
    pub fn name(&self) -> Option<&str> {
        self.labels.get(label::IMAGE_NAME)
    }
}

/// References that only we make: of images by content, of released ones, and
/// of the systems that mmdebstrap makes.
fn is_reference_of_ours(reference: &str) -> bool {
    let repository = reference.rsplit_once(':').map_or(reference, |(repository, _)| repository);
    let short = repository.strip_prefix("ghcr.io/").unwrap_or(repository);
    let Some(name) = short.strip_prefix("containai/") else { return false };
    name == "bootstrap" || ShippedImage::ALL.iter().any(|image| image.name() == name)
}

/// Whether it is a system that mmdebstrap made: every version builds on it.
fn is_system(image: &OwnImage) -> bool {
    image.references.iter().any(|reference| reference.starts_with("containai/bootstrap:"))
}

/// What has no name may be what a build stands on at this moment, for as long
/// as builds take.
pub const GOES_ON: Duration = Duration::from_secs(3600);

/// How much is kept for later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Thrift {
    /// What this version would use is kept.
    KeepCurrent,
    /// Only what containers are made of is kept.
    KeepUsed,
}

/// The images of ours that can go, in the order in which an engine lets them:
/// the youngest first, for what is built on an image is younger.
///
/// `current` are the references that this version would use. What a container
/// is made of stays, whatever else is true of it; so does what has no name and
/// was made within [`GOES_ON`] of `now`.
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
