//! The files of this machine that a container mounts.

use std::path::{Path, PathBuf};

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum as Status, MountPoint};
use containai_core::engine::Isolation;
use containai_core::label::Labels;
use containai_core::layout::CONTAINER_WORKSPACE;

use crate::ownership::Loan;

/// A ContainAI container that mounts its workspace from this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct WorkspaceContainer {
    /// The workspace.
    pub(super) workspace: PathBuf,
    /// The parts of the repository that the workspace's linked worktree needs.
    repository: Vec<PathBuf>,
    /// All trees on this machine that it can write, the workspace first.
    pub(super) writable: Vec<PathBuf>,
    /// Whether it may have processes.
    pub(super) is_running: bool,
    /// Whether it has never run.
    pub(super) is_new: bool,
    /// The image that it was created from.
    pub(super) image: Option<String>,
}

impl WorkspaceContainer {
    /// Parses the engine's response; `None` for any other container.
    pub(super) fn read(inspected: &ContainerInspectResponse) -> Option<Self> {
        let config = inspected.config.as_ref()?;
        let labels: Labels = config.labels.clone().unwrap_or_default().into_iter().collect();
        if !labels.is_managed() || labels.isolation() == Some(Isolation::Sysbox) {
            return None;
        }
        let mounts = inspected.mounts.as_deref().unwrap_or_default();
        let binds: Vec<InspectedBind<'_>> = mounts.iter().filter_map(InspectedBind::read).collect();
        let workspace = binds.iter().find(|it| it.target == Path::new(CONTAINER_WORKSPACE))?;
        let is_same_place = |it: &&InspectedBind<'_>| it.source == it.target;
        let commons: Vec<_> =
            binds.iter().filter(|it| !it.is_writable).filter(is_same_place).collect();
        let is_in_repository = |it: &&InspectedBind<'_>| {
            is_same_place(it) && commons.iter().any(|common| it.source.starts_with(common.source))
        };
        let writable = || binds.iter().filter(|it| it.is_writable);
        let paths = |binds: &mut dyn Iterator<Item = &InspectedBind<'_>>| {
            binds.map(|it| it.source.to_owned()).collect::<Vec<_>>()
        };
        let others = paths(&mut writable().filter(|it| it.source != workspace.source));
        let status = inspected.state.as_ref().and_then(|state| state.status);
        Some(Self {
            workspace: workspace.source.to_owned(),
            repository: paths(&mut writable().filter(is_in_repository)),
            writable: std::iter::once(workspace.source.to_owned()).chain(others).collect(),
            is_running: matches!(
                status,
                Some(Status::RUNNING | Status::PAUSED | Status::RESTARTING)
            ),
            is_new: status == Some(Status::CREATED),
            image: inspected.image.clone(),
        })
    }

    /// Returns a workspace without a container.
    pub(super) fn without_container(workspace: &Path) -> Self {
        Self {
            workspace: workspace.to_owned(),
            repository: Vec::new(),
            writable: vec![workspace.to_owned()],
            is_running: false,
            is_new: false,
            image: None,
        }
    }

    /// Returns the loan of its trees, for those that host root owns.
    pub(super) fn loan(&self) -> Loan {
        let trees = std::iter::once(&self.workspace).chain(&self.repository).cloned();
        Loan { workspace: self.workspace.clone(), trees: trees.collect() }
    }
}

struct InspectedBind<'a> {
    source: &'a Path,
    target: &'a Path,
    is_writable: bool,
}

impl<'a> InspectedBind<'a> {
    fn read(mount: &'a MountPoint) -> Option<Self> {
        (mount.typ.as_deref() == Some("bind")).then_some(Self {
            source: Path::new(mount.source.as_deref()?),
            target: Path::new(mount.destination.as_deref()?),
            is_writable: mount.rw.unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_classified() {
        let inspected = serde_json::json!({
            "Image": "sha256:1", "State": {"Status": "exited"},
            "Config": {"Labels": {"containai.managed": "true", "containai.workspace": "/src/tree"}},
            "Mounts": [
                {"Type": "volume", "Source": "/x", "Destination": "/mnt/agent-data", "RW": true},
                {"Type": "bind", "Source": "/src/api/.git", "Destination": "/src/api/.git", "RW": false},
                {"Type": "bind", "Source": "/src/api/.git/objects",
                 "Destination": "/src/api/.git/objects", "RW": true},
                {"Type": "bind", "Source": "/srv/cache", "Destination": "/cache", "RW": true},
                {"Type": "bind", "Source": "/srv/data", "Destination": "/data", "RW": false},
                {"Type": "bind", "Source": "/src/tree", "Destination": "/home/agent/workspace", "RW": true},
            ],
        });
        let inspected = serde_json::from_value(inspected).expect("the engine's form");
        let container = WorkspaceContainer::read(&inspected).expect("a ContainAI container");
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(container.loan().trees, paths(&["/src/tree", "/src/api/.git/objects"]));
        let writable = ["/src/tree", "/src/api/.git/objects", "/srv/cache"];
        assert_eq!(container.writable, paths(&writable));
        assert_eq!((container.is_running, container.is_new), (false, false));
    }
}
