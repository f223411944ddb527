//! Descriptions of unused objects and their removal.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::lifecycle::gc::{GcPlan, PruneItem, PruneOutcome, PruneReport};
use containai_core::timestamp::{Elapsed, Timestamp};

use crate::report::escape_control;

/// The unused objects, one text each, and the space that they occupy.
pub(super) fn describe_plan(plan: &GcPlan, now: Timestamp) -> Vec<String> {
    let containers = plan.containers.iter().map(|it| {
        let (name, idle) = (escape_control(&it.container.name), Elapsed(it.idle_since.age_at(now)));
        format!("container  {name} ({}, unused for {idle})", size(it.size))
    });
    let images = plan.images.iter().map(|it| {
        let names = escape_control(&it.references.join(", "));
        format!("image      {names} (up to {})", HumanSize(it.size))
    });
    let volumes = plan.volumes.iter().map(|it| {
        let name = escape_control(&it.name);
        format!("volume     {name} ({})", size(it.size))
    });
    let sizes =
        plan.containers.iter().map(|it| it.size).chain(plan.volumes.iter().map(|it| it.size));
    let total = format!("would free up to {}{}", HumanSize(plan.size()), unknown_sizes_note(sizes));
    containers.chain(images).chain(volumes).chain([total]).collect()
}

/// The outcomes, one text each, and the freed space.
pub(super) fn describe_outcomes(report: &PruneReport) -> Vec<String> {
    let line = |(item, outcome): &(PruneItem, PruneOutcome)| match outcome {
        PruneOutcome::Removed(freed) => {
            Some(format!("removed {} ({})", describe_item(item), size(*freed)))
        }
        PruneOutcome::InUse => Some(format!("kept {}: it is in use", describe_item(item))),
        PruneOutcome::Failed(_) => None,
    };
    let freed = report.freed();
    let sizes = report.outcomes.iter().filter_map(|(_, outcome)| match outcome {
        PruneOutcome::Removed(size) => Some(*size),
        PruneOutcome::InUse | PruneOutcome::Failed(_) => None,
    });
    let note = unknown_sizes_note(sizes);
    let total = format!("freed up to {} ({} bytes){note}", HumanSize(freed), freed.bytes());
    report.outcomes.iter().filter_map(line).chain([total]).collect()
}

/// A note if a size is missing in the sum.
fn unknown_sizes_note(mut sizes: impl Iterator<Item = Option<ByteSize>>) -> &'static str {
    if sizes.any(|size| size.is_none()) { ", plus objects of unknown size" } else { "" }
}

fn size(size: Option<ByteSize>) -> String {
    size.map_or_else(|| "size unknown".to_owned(), |size| HumanSize(size).to_string())
}

/// The kind and the name of an item.
pub(super) fn describe_item(item: &PruneItem) -> String {
    match item {
        PruneItem::Container(name) => format!("container {}", escape_control(name)),
        PruneItem::Image(name) => format!("image {}", escape_control(name)),
        PruneItem::Volume(name) => format!("volume {}", escape_control(name)),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Container, ContainerId, EngineError, RunState};
    use containai_core::lifecycle::gc::{IdleContainer, UnusedImage, UnusedVolume};

    use super::*;

    #[test]
    fn planned_removals_are_listed_with_sizes() {
        let container = Container::new(ContainerId::new("id"), "api-main", RunState::Exited);
        let idle_since = Timestamp::from_unix(0);
        let size = Some(ByteSize::from_bytes(12 << 20));
        let gc = GcPlan {
            containers: vec![IdleContainer { container, idle_since, size }],
            images: vec![UnusedImage {
                id: "sha256:1".into(),
                references: vec!["containai/base:1".into(), "containai/base:2".into()],
                size: ByteSize::from_gib(1),
            }],
            volumes: vec![UnusedVolume { name: "api-data".into(), size: None }],
        };
        let lines = describe_plan(&gc, Timestamp::from_unix(40 * 86_400));
        insta::assert_snapshot!(lines.join("\n"), @r"
        container  api-main (12 MiB, unused for 40d 0h 0m)
        image      containai/base:1, containai/base:2 (up to 1.0 GiB)
        volume     api-data (size unknown)
        would free up to 1.0 GiB, plus objects of unknown size
        ");
    }

    #[test]
    fn outcomes_are_listed() {
        let refused = EngineError::Refused { status: 409, message: "in use".into() };
        let report = PruneReport {
            outcomes: vec![
                (
                    PruneItem::Container("a".into()),
                    PruneOutcome::Removed(Some(ByteSize::from_bytes(2048))),
                ),
                (PruneItem::Image("b:1".into()), PruneOutcome::InUse),
                (PruneItem::Volume("c".into()), PruneOutcome::Failed(refused.into())),
                (PruneItem::Volume("d".into()), PruneOutcome::Removed(None)),
            ],
        };
        insta::assert_snapshot!(describe_outcomes(&report).join("\n"), @r"
        removed container a (2.0 KiB)
        kept image b:1: it is in use
        removed volume d (size unknown)
        freed up to 2.0 KiB (2048 bytes), plus objects of unknown size
        ");
    }
}
