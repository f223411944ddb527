//! What `cai snapshot` prints.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::lifecycle::snapshot::{Snapshot, Task};
use containai_core::naming::WorkspacePath;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use crate::ui::harmless;

/// One snapshot in the output of `cai snapshot list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Entry {
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

impl Entry {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            name: snapshot.name.to_string(),
            container: harmless(&snapshot.container),
            workspace: snapshot.workspace.to_string(),
            created: snapshot.created.to_string(),
            size: snapshot.size.bytes(),
            image: harmless(&snapshot.image),
            containers: snapshot.used_by.len(),
        }
    }
}

/// The list for people.
pub(crate) fn table(entries: &[Entry]) -> String {
    let one_line = |text: &str| text.replace('\n', "\u{fffd}");
    let row = |entry: &Entry| {
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
pub(crate) fn described(snapshot: &Snapshot) -> String {
    let Snapshot { name, container, created, .. } = snapshot;
    format!("{name} of {} ({created})", harmless(container))
}

/// The output of `--dry-run`.
pub(crate) fn plan(tasks: &[Task]) -> String {
    numbered(tasks.iter().map(words))
}

/// The output of `cai snapshot fork --dry-run`; `branch` is the one of a new
/// worktree.
pub(crate) fn fork_plan(tasks: &[Task], branch: Option<&str>, path: &WorkspacePath) -> String {
    let worktree = branch
        .map(|branch| format!("make a worktree at {path} on the new branch {}", harmless(branch)));
    numbered(worktree.into_iter().chain(tasks.iter().map(words)).chain(["start it".to_owned()]))
}

fn numbered(lines: impl Iterator<Item = String>) -> String {
    let lines = lines.enumerate().map(|(number, line)| format!("{}. {line}", number + 1));
    lines.collect::<Vec<_>>().join("\n")
}

fn words(task: &Task) -> String {
    match task {
        Task::Freeze(name) => format!("freeze {}", harmless(name)),
        Task::Copy(copy) => format!("copy volume {} to {}", copy.from, copy.to),
        Task::Commit(name) => format!("keep the file system of {}", harmless(name)),
        Task::Wake(name) => format!("wake {}", harmless(name)),
        Task::Name(snapshot) => format!("name it snapshot {}", snapshot.name),
        Task::Stop(name) => format!("stop {}", harmless(name)),
        Task::Succeed(name) => format!("make a successor of {} from the snapshot", harmless(name)),
        Task::Make { name, workspace } => format!("create container {name} for {workspace}"),
        Task::Anonymise => "take host key and machine id out of the file system".to_owned(),
        Task::RemoveContainer(name) => {
            format!("remove {}, and name the successor so", harmless(name))
        }
        Task::Record(volume) => format!("record {volume} as the workspace's data volume"),
        Task::RemoveVolume(volume) => format!("remove volume {volume} unless others have it"),
        Task::RemoveImage(snapshot) => format!("remove the image of snapshot {}", snapshot.name),
        task => format!("{task:?}"),
    }
}
