//! The output of `cai df`.

use containai::disk_usage::{DiskUsage, KindUsage};
use containai_core::byte_size::{ByteSize, HumanSize};
use schemars::JsonSchema;
use serde::Serialize;

use super::table;

/// The output of `cai df --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct DiskUsageOutput {
    /// Images; active if a container or a snapshot uses them.
    images: KindOutput,
    /// Files of containers without their volumes; active if running.
    containers: KindOutput,
    /// Volumes; active if a container mounts them.
    volumes: KindOutput,
    /// Snapshots.
    snapshots: KindOutput,
}

/// The objects of one kind.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct KindOutput {
    /// Their number.
    count: usize,
    /// The number of those in use.
    active: usize,
    /// Their size in bytes.
    size: u64,
    /// The size of those that are not in use, in bytes.
    reclaimable: u64,
}

impl From<KindUsage> for KindOutput {
    fn from(usage: KindUsage) -> Self {
        let KindUsage { count, active, size, reclaimable, .. } = usage;
        Self { count, active, size: size.bytes(), reclaimable: reclaimable.bytes() }
    }
}

impl From<DiskUsage> for DiskUsageOutput {
    fn from(usage: DiskUsage) -> Self {
        let DiskUsage { images, containers, volumes, snapshots, .. } = usage;
        let [images, containers, volumes, snapshots] =
            [images, containers, volumes, snapshots].map(KindOutput::from);
        Self { images, containers, volumes, snapshots }
    }
}

/// The table of `cai df`.
pub(crate) fn table(usage: &DiskUsageOutput) -> String {
    let row = |kind: &str, usage: &KindOutput| {
        let size = |bytes| HumanSize(ByteSize::from_bytes(bytes)).to_string();
        let counts = [usage.count, usage.active].map(|count| count.to_string());
        let sizes = [usage.size, usage.reclaimable].map(size);
        [kind.to_owned()].into_iter().chain(counts).chain(sizes).collect()
    };
    let rows: [Vec<String>; 4] = [
        row("images", &usage.images),
        row("containers", &usage.containers),
        row("volumes", &usage.volumes),
        row("snapshots", &usage.snapshots),
    ];
    table::table(&["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"], &rows)
}
