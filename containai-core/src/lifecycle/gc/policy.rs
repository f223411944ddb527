//! The policy of a garbage collection.

use std::time::Duration;

use crate::engine::{Container, ContainerTimes, RunState, StoredImage, StoredVolume};
use crate::retention::RetentionAge;
use crate::timestamp::Timestamp;

/// The namespaces of managed images.
const IMAGE_NAMESPACES: [&str; 2] = ["containai", "ghcr.io/containai"];
/// Images of containers that are migrated to another port. They are removed together with
/// their containers; a run may be using others.
const COMMITTED_REPOSITORY: &str = "containai/kept";

/// The time for which a helper that does not run may still be in use or about to start.
const HELPER_GRACE: Duration = Duration::from_secs(60 * 60);

/// Whether a kind of object is pruned.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum GcScope {
    /// Skip all objects of this kind.
    #[default]
    Skip,
    /// Remove the unused ones.
    Unused,
}

/// The policy of a garbage collection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct GcPolicy {
    /// The minimum idle time.
    pub age: RetentionAge,
    /// The scope for images.
    pub images: GcScope,
    /// The scope for volumes.
    pub volumes: GcScope,
}

impl GcPolicy {
    /// Returns a policy for containers only.
    #[must_use]
    pub fn of_age(age: RetentionAge) -> Self {
        Self { age, ..Self::default() }
    }

    /// Sets the scope for images.
    #[must_use]
    pub fn with_images(mut self, images: GcScope) -> Self {
        self.images = images;
        self
    }

    /// Sets the scope for volumes.
    #[must_use]
    pub fn with_volumes(mut self, volumes: GcScope) -> Self {
        self.volumes = volumes;
        self
    }

    /// Returns the time since which a container has been idle for too long; `None` to
    /// keep it. A container that ran is idle since its exit, one that never ran since its
    /// creation. Without these times, it is kept.
    #[must_use]
    pub fn idle_since(
        &self,
        container: &Container,
        times: &ContainerTimes,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !is_candidate(container) {
            return None;
        }
        let since = match times.state {
            RunState::Exited => times.finished?,
            RunState::Created => times.created?,
            _ => return None,
        };
        let is_left = !container.labels.is_helper() || since.age_at(now) >= HELPER_GRACE;
        (is_left && self.is_old(since, now)).then_some(since)
    }

    /// Returns the references of an unused image to remove: all managed ones.
    #[must_use]
    pub fn unused_references<'i>(&self, image: &'i StoredImage) -> Vec<&'i str> {
        let is_free =
            image.used_by.is_empty() && !image.labels.is_protected() && !image.is_in_snapshot;
        if self.images == GcScope::Skip || !is_free {
            return Vec::new();
        }
        image.references.iter().map(String::as_str).filter(|it| is_managed_image(it)).collect()
    }

    /// Returns whether a volume is managed, unused and old enough to be removed.
    #[must_use]
    pub fn is_unused_volume(&self, volume: &StoredVolume, now: Timestamp) -> bool {
        self.volumes == GcScope::Unused
            && volume.labels.is_managed()
            && !volume.labels.is_protected()
            && volume.labels.snapshot().is_none()
            && volume.labels.credentials().is_none()
            && volume.used_by.is_empty()
            && volume.created.is_some_and(|created| self.is_old(created, now))
    }

    fn is_old(&self, since: Timestamp, now: Timestamp) -> bool {
        since.age_at(now) >= self.age.as_duration()
    }
}

/// Returns whether the age of the container matters.
pub(super) fn is_candidate(container: &Container) -> bool {
    let labels = &container.labels;
    let is_left_at_a_volume = labels.packed_volume().is_some() || labels.filled_volume().is_some();
    // A container without a workspace on this machine belongs to another client.
    labels.is_managed()
        && (labels.workspace().is_some() || is_left_at_a_volume)
        && !labels.is_protected()
        // An interrupted restore must be finished first.
        && labels.restored_volume().is_none()
        && matches!(container.state, RunState::Exited | RunState::Created)
}

/// Returns whether `repository:tag` names an image that ContainAI builds or publishes.
#[must_use]
pub fn is_managed_image(reference: &str) -> bool {
    let repository = reference.rsplit_once(':').map_or(reference, |(repository, _)| repository);
    let is_below = |namespace: &&str| {
        let rest = repository.strip_prefix(*namespace);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    IMAGE_NAMESPACES.iter().any(is_below) && repository != COMMITTED_REPOSITORY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::byte_size::ByteSize;
    use crate::label::{self, Labels};

    #[test]
    fn snapshots_are_never_pruned() {
        let policy = GcPolicy {
            age: "0h".parse().expect("an age"),
            images: GcScope::Unused,
            volumes: GcScope::Unused,
        };
        let image = |is_in_snapshot| StoredImage {
            id: "1".into(),
            references: vec!["containai/base:1".into()],
            labels: Labels::default(),
            size: ByteSize::from_bytes(1),
            used_by: Vec::new(),
            is_in_snapshot,
        };
        assert_eq!(policy.unused_references(&image(false)), ["containai/base:1"]);
        assert_eq!(policy.unused_references(&image(true)), Vec::<&str>::new());
        let now = Timestamp::from_unix(1000);
        let volume = |snapshot: &str| StoredVolume {
            name: "v".into(),
            labels: [(label::MANAGED, "true"), (label::SNAPSHOT, snapshot)].into_iter().collect(),
            created: Some(now),
            size: None,
            used_by: Vec::new(),
        };
        assert!(policy.is_unused_volume(&volume(""), now));
        assert!(!policy.is_unused_volume(&volume("0123456789ab"), now));
        let mut login = volume("");
        login.labels = login.labels.with(label::CREDENTIALS, "claude");
        assert!(!policy.is_unused_volume(&login, now));
    }

    #[test]
    fn only_managed_images_match() {
        for ours in [
            "containai:latest",
            "containai/base:75db6d68f2d8",
            "containai/bootstrap:bookworm",
            "ghcr.io/containai/full:0.1.0",
            "ghcr.io/containai:x",
        ] {
            assert!(is_managed_image(ours), "{ours}");
        }
        for foreign in [
            "",
            "<none>:<none>",
            "ubuntu:24.04",
            "containai-mine:1",
            "containaix/base:1",
            "me/containai:1",
            "me/containai/base:1",
            "ghcr.io/other/containai:1",
            "ghcr.io/containai-x/base:1",
            "localhost:5000/containai/base:1",
            "containai/kept:0123456789ab",
        ] {
            assert!(!is_managed_image(foreign), "{foreign}");
        }
    }
}
