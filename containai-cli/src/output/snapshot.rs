//! What `cai snapshot` prints.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::lifecycle::snapshot::{Snapshot, SnapshotStep};
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;

/// One snapshot in the output of `cai snapshot list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct SnapshotEntry {
    /// Its name.
    name: String,
    /// The container that it was made of.
    container: String,
    /// The workspace of that container.
    workspace: String,
    /// When it was made, RFC 3339 in UTC.
    created: String,
    /// Bytes that it takes at most, volumes included.
    size: u64,
    /// The image that the container was made from.
    image: String,
    /// How many containers are made of it.
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

/// The list for people.
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

/// A snapshot in a question.
pub(crate) fn describe(snapshot: &Snapshot) -> String {
    let Snapshot { name, container, created, .. } = snapshot;
    format!("{name} of {} ({created})", escape_control(container))
}

/// The output of `--dry-run`.
pub(crate) fn plan(tasks: &[SnapshotStep]) -> String {
    numbered(tasks.iter().map(describe_task))
}

/// The output of `cai snapshot fork --dry-run`; `branch` is the one of a new
/// worktree.
pub(crate) fn fork_plan(tasks: &[SnapshotStep], ground: Option<String>) -> String {
    numbered(
        ground.into_iter().chain(tasks.iter().map(describe_task)).chain(["start it".to_owned()]),
    )
}

fn numbered(lines: impl Iterator<Item = String>) -> String {
    let lines = lines.enumerate().map(|(number, line)| format!("{}. {line}", number + 1));
    lines.collect::<Vec<_>>().join("\n")
}

fn describe_task(task: &SnapshotStep) -> String {
    match task {
        SnapshotStep::Pause(name) => format!("freeze {}", escape_control(name)),
        SnapshotStep::CopyVolume(copy) => format!("copy volume {} to {}", copy.from, copy.to),
        SnapshotStep::Commit(name) => format!("keep the file system of {}", escape_control(name)),
        SnapshotStep::Unpause(name) => format!("wake {}", escape_control(name)),
        SnapshotStep::TagImage(snapshot) => format!("name it snapshot {}", snapshot.name),
        SnapshotStep::Stop(name) => format!("stop {}", escape_control(name)),
        SnapshotStep::CreateReplacement(name) => {
            format!("make a successor of {} from the snapshot", escape_control(name))
        }
        SnapshotStep::CreateContainer { name, workspace } => {
            format!("create container {name} for {workspace}")
        }
        SnapshotStep::ResetIdentity => {
            "take host key and machine id out of the file system".to_owned()
        }
        SnapshotStep::RemoveContainer(name) => {
            format!("remove {}, and name the successor so", escape_control(name))
        }
        SnapshotStep::RecordDataVolume(volume) => {
            format!("record {volume} as the workspace's data volume")
        }
        SnapshotStep::RemoveVolume(volume) => {
            format!("remove volume {volume} unless others have it")
        }
        SnapshotStep::RemoveImage(snapshot) => {
            format!("remove the image of snapshot {}", snapshot.name)
        }
        task => format!("{task:?}"),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Isolation, VolumeCopy};
    use containai_core::naming::{RandomId, SnapshotName, VolumeName, WorkspacePath};
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

    #[test]
    fn plans_are_listed_step_by_step() {
        let volume = |name| VolumeName::parse(name).expect("a name");
        let copy = VolumeCopy { from: volume("a"), to: volume("b") };
        let tasks = [
            SnapshotStep::Pause("api-main".into()),
            SnapshotStep::CopyVolume(copy),
            SnapshotStep::Commit("api-main".into()),
            SnapshotStep::Unpause("api-main".into()),
            SnapshotStep::TagImage(snapshot()),
            SnapshotStep::Stop("api-main".into()),
            SnapshotStep::CreateReplacement("api-main".into()),
            SnapshotStep::RemoveContainer("api-main".into()),
            SnapshotStep::RecordDataVolume(volume("b")),
            SnapshotStep::RemoveVolume(volume("a")),
            SnapshotStep::ResetIdentity,
            SnapshotStep::RemoveImage(snapshot()),
        ];
        insta::assert_snapshot!(fork_plan(&tasks, Some("make a worktree".into())), @r"
        1. make a worktree
        2. freeze api-main
        3. copy volume a to b
        4. keep the file system of api-main
        5. wake api-main
        6. name it snapshot before
        7. stop api-main
        8. make a successor of api-main from the snapshot
        9. remove api-main, and name the successor so
        10. record b as the workspace's data volume
        11. remove volume a unless others have it
        12. take host key and machine id out of the file system
        13. remove the image of snapshot before
        14. start it
        ");
    }
}
