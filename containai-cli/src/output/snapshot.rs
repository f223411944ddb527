//! The output of `cai snapshot list`.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::lifecycle::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;

/// One snapshot in the output of `cai snapshot list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct SnapshotEntry {
    /// Its name.
    name: String,
    /// The container that it was created from.
    container: String,
    /// The workspace of that container.
    workspace: String,
    /// Its creation time, RFC 3339 in UTC.
    created: String,
    /// Its maximum size in bytes, volumes included.
    size: u64,
    /// The image of the container.
    image: String,
    /// The number of containers that were created from it.
    containers: usize,
}

impl SnapshotEntry {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            name: snapshot.name.to_string(),
            container: escape_control(&snapshot.container),
            workspace: snapshot.workspace.to_string(),
            created: snapshot.created.to_string(),
            size: snapshot.size.bytes(),
            image: escape_control(&snapshot.image),
            containers: snapshot.used_by.len(),
        }
    }
}

/// The table of `cai snapshot list`.
pub(crate) fn table(entries: &[SnapshotEntry]) -> String {
    let one_line = |text: &str| text.replace('\n', "\u{fffd}");
    let row = |entry: &SnapshotEntry| {
        vec![
            entry.name.clone(),
            one_line(&entry.container),
            entry.created.clone(),
            HumanSize(ByteSize::from_bytes(entry.size)).to_string(),
            one_line(&entry.image),
            entry.workspace.clone(),
        ]
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    table::table(&["NAME", "CONTAINER", "CREATED", "SIZE", "IMAGE", "WORKSPACE"], &rows)
}

#[cfg(test)]
mod tests {
    use containai_core::engine::Isolation;
    use containai_core::naming::{RandomId, SnapshotName, WorkspacePath};
    use containai_core::timestamp::Timestamp;

    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            id: RandomId::from_random([7; 6]),
            name: SnapshotName::parse("before").expect("a name"),
            created: Timestamp::from_unix(1_709_209_815),
            container: "api-\u{1b}main".into(),
            workspace: WorkspacePath::new("/home/me/api").expect("a path"),
            image: "containai/base:1".into(),
            isolation: Isolation::Userns,
            size: ByteSize::from_bytes(5 << 20),
            used_by: Vec::new(),
        }
    }

    #[test]
    fn text_and_json_output() {
        let entries = [SnapshotEntry::of(&snapshot())];
        insta::assert_snapshot!(table(&entries), @r"
        NAME    CONTAINER  CREATED               SIZE     IMAGE             WORKSPACE
        before  api-�main  2024-02-29T12:30:15Z  5.0 MiB  containai/base:1  /home/me/api
        ");
        insta::assert_json_snapshot!(entries, @r#"
        [
          {
            "name": "before",
            "container": "api-�main",
            "workspace": "/home/me/api",
            "created": "2024-02-29T12:30:15Z",
            "size": 5242880,
            "image": "containai/base:1",
            "containers": 0
          }
        ]
        "#);
    }
}
