//! Descriptions of snapshots and of the steps with them.

use containai_core::lifecycle::snapshot::{Snapshot, SnapshotStep};

use crate::report::escape_control;

/// A snapshot in a question.
pub(super) fn describe_snapshot(snapshot: &Snapshot) -> String {
    let Snapshot { name, container, created, .. } = snapshot;
    format!("{name} of {} ({created})", escape_control(container))
}

/// The steps, one text each.
pub(super) fn describe_steps(steps: &[SnapshotStep]) -> Vec<String> {
    steps.iter().map(describe_step).collect()
}

fn describe_step(step: &SnapshotStep) -> String {
    match step {
        SnapshotStep::Pause(name) => format!("pause {}", escape_control(name)),
        SnapshotStep::CopyVolume(copy) => format!("copy volume {} to {}", copy.from, copy.to),
        SnapshotStep::Commit(name) => format!("commit the file system of {}", escape_control(name)),
        SnapshotStep::Unpause(name) => format!("unpause {}", escape_control(name)),
        SnapshotStep::TagImage(snapshot) => format!("tag the image as snapshot {}", snapshot.name),
        SnapshotStep::Stop(name) => format!("stop {}", escape_control(name)),
        SnapshotStep::CreateReplacement(name) => {
            format!("create a replacement of {} from the snapshot", escape_control(name))
        }
        SnapshotStep::CreateContainer { name, workspace } => {
            format!("create container {name} for {workspace}")
        }
        SnapshotStep::ResetIdentity => {
            "remove the host key and the machine id from the file system".to_owned()
        }
        SnapshotStep::RemoveContainer(name) => {
            format!("remove {}, and give its name to the replacement", escape_control(name))
        }
        SnapshotStep::RecordDataVolume(volume) => {
            format!("record {volume} as the workspace's data volume")
        }
        SnapshotStep::RemoveVolume(volume) => {
            format!("remove volume {volume} unless another container uses it")
        }
        SnapshotStep::RemoveImage(snapshot) => {
            format!("remove the image of snapshot {}", snapshot.name)
        }
        step => format!("{step:?}"),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::byte_size::ByteSize;
    use containai_core::engine::{Isolation, VolumeCopy};
    use containai_core::naming::{RandomId, SnapshotName, VolumeName, WorkspacePath};
    use containai_core::timestamp::Timestamp;

    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            id: RandomId::from_random([7; 6]),
            name: SnapshotName::parse("before").expect("a name"),
            created: Timestamp::from_unix(1_709_209_815),
            container: "api-main".into(),
            workspace: WorkspacePath::new("/home/me/api").expect("a path"),
            image: "containai/base:1".into(),
            isolation: Isolation::Userns,
            size: ByteSize::from_bytes(5 << 20),
            used_by: Vec::new(),
        }
    }

    #[test]
    fn plans_are_listed_step_by_step() {
        let volume = |name| VolumeName::parse(name).expect("a name");
        let copy = VolumeCopy { from: volume("a"), to: volume("b") };
        let steps = [
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
        insta::assert_snapshot!(describe_steps(&steps).join("\n"), @r"
        pause api-main
        copy volume a to b
        commit the file system of api-main
        unpause api-main
        tag the image as snapshot before
        stop api-main
        create a replacement of api-main from the snapshot
        remove api-main, and give its name to the replacement
        record b as the workspace's data volume
        remove volume a unless another container uses it
        remove the host key and the machine id from the file system
        remove the image of snapshot before
        ");
    }
}
