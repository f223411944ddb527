//! The graph of images: parents, and the containers that use them.

use std::collections::{HashMap, HashSet};

use bollard::models::{ContainerSummary, ImageSummary};
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, StoredImage};
use containai_core::naming::SnapshotName;

/// The engine's name of an untagged image.
const UNTAGGED: &str = "<none>:<none>";

/// Returns the tagged images, each with the containers that use it: those created from it, and
/// those created from an image built on it.
pub(crate) fn images(all: &[ImageSummary], containers: &[ContainerSummary]) -> Vec<StoredImage> {
    let by_id: HashMap<&str, &ImageSummary> = all.iter().map(|it| (it.id.as_str(), it)).collect();
    let mut users: HashMap<&str, Vec<ContainerId>> = HashMap::new();
    for container in containers {
        let (Some(id), Some(image)) = (&container.id, &container.image_id) else { continue };
        for ancestor in ancestry(image, &by_id) {
            users.entry(&ancestor.id).or_default().push(ContainerId::new(id));
        }
    }
    let of_snapshot = |image: &&ImageSummary| tags(image).any(is_snapshot_tag);
    let snapshots = all.iter().filter(of_snapshot);
    let in_snapshots: HashSet<&str> =
        snapshots.flat_map(|it| ancestry(&it.id, &by_id)).map(|it| it.id.as_str()).collect();
    let named = all.iter().filter(|image| tags(image).next().is_some());
    let stored = |image: &ImageSummary| StoredImage {
        id: image.id.clone(),
        references: tags(image).map(str::to_owned).collect(),
        labels: image.labels.clone().into_iter().collect(),
        size: own_size(image, &by_id),
        used_by: users.get(image.id.as_str()).cloned().unwrap_or_default(),
        is_in_snapshot: in_snapshots.contains(image.id.as_str()),
    };
    named.map(stored).collect()
}

/// Returns an image and its parents, nearest first. Terminates even if the engine's answer contains
/// a cycle.
fn ancestry<'a>(id: &str, by_id: &HashMap<&str, &'a ImageSummary>) -> Vec<&'a ImageSummary> {
    let mut found: Vec<&ImageSummary> = Vec::new();
    let mut next = by_id.get(id);
    while let Some(image) = next {
        if found.len() > by_id.len() {
            break;
        }
        found.push(image);
        next = by_id.get(image.parent_id.as_str());
    }
    found
}

/// Returns the size that an image adds to its nearest tagged parent.
fn own_size(image: &ImageSummary, by_id: &HashMap<&str, &ImageSummary>) -> ByteSize {
    let below = ancestry(&image.id, by_id).into_iter().skip(1).find(|it| tags(it).next().is_some());
    let own = image.size - below.map_or(0, |it| it.size);
    ByteSize::from_bytes(u64::try_from(own).unwrap_or(0))
}

/// Returns whether a tag is that of a snapshot.
pub(crate) fn is_snapshot_tag(name: &str) -> bool {
    name.rsplit_once(':').is_some_and(|(repository, _)| repository == SnapshotName::REPOSITORY)
}

fn tags(image: &ImageSummary) -> impl Iterator<Item = &str> {
    image.repo_tags.iter().map(String::as_str).filter(|name| *name != UNTAGGED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, parent: &str, names: &[&str], size: i64) -> ImageSummary {
        ImageSummary {
            id: id.to_owned(),
            parent_id: parent.to_owned(),
            repo_tags: names.iter().map(|it| (*it).to_owned()).collect(),
            size,
            ..Default::default()
        }
    }

    fn container(id: &str, image: &str) -> ContainerSummary {
        let (id, image_id) = (Some(id.to_owned()), Some(image.to_owned()));
        ContainerSummary { id, image_id, ..Default::default() }
    }

    fn table(all: &[ImageSummary], containers: &[ContainerSummary]) -> String {
        let line = |it: StoredImage| {
            let users = it.used_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            format!("{} {} [{users}]", it.references.join("+"), it.size.bytes())
        };
        images(all, containers).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn parents_of_a_used_image_are_used() {
        let all = [
            image("top", "layer", &["containai/base:1", "mine:1"], 500),
            image("layer", "bottom", &[UNTAGGED], 300),
            image("bottom", "", &["containai/bootstrap:noble"], 200),
            image("loose", "gone", &["containai/base:0"], 70),
            image("unnamed", "bottom", &[], 210),
        ];
        let containers = [container("a", "top"), container("b", "unnamed"), container("c", "?")];
        insta::assert_snapshot!(table(&all, &containers), @r"
        containai/base:1+mine:1 300 [a]
        containai/bootstrap:noble 200 [a,b]
        containai/base:0 70 []
        ");
    }

    #[test]
    fn parents_of_a_snapshot_are_marked_without_a_container() {
        let all = [
            image("snapshot", "layer", &["containai/snapshot:0123456789ab"], 600),
            image("layer", "base", &[UNTAGGED], 500),
            image("base", "", &["containai/base:1"], 400),
            image("other", "", &["containai/base:2", "containai/snapshots:x"], 400),
        ];
        let kept: Vec<_> =
            images(&all, &[]).into_iter().filter(|it| it.is_in_snapshot).map(|it| it.id).collect();
        assert_eq!(kept, ["snapshot", "base"]);
    }

    #[test]
    fn parent_cycles_terminate() {
        let all = [image("a", "b", &["x:1"], 1), image("b", "a", &["y:1"], 2)];
        assert!(!table(&all, &[container("c", "a")]).is_empty());
    }
}
