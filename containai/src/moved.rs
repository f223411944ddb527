//! Workspaces whose directory was moved or renamed.
//!
//! Evidence is a record on the host (the directory of a workspace) or a label of a container. A
//! container controls the files in its workspace, so they are never evidence, and only a command
//! of the user transfers volumes.

use containai_core::config::{Flags, Remembered};
use containai_core::engine::Container;
use containai_core::naming::{VolumeName, VolumeUse, WorkspacePath};
use containai_core::workspace_record::WorkspaceRecord;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::report::Reporter;
use crate::{settings, workspace_store};

/// A path that the workspace may have had before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FormerPath {
    /// This directory, by its identity, had the path.
    SameDirectory(WorkspacePath),
    /// A directory of the same name, which no longer exists, had the path.
    SameName(WorkspacePath),
}

/// The volumes and settings that an engine keeps for a workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceState {
    /// The volumes and limits that are remembered.
    pub remembered: Remembered,
    /// The workspace copy; `None` on a local engine.
    copy: Option<VolumeName>,
}

impl WorkspaceState {
    /// Finds the volumes and the remembered settings of a workspace.
    ///
    /// # Errors
    ///
    /// The configuration or the record cannot be read, or the engine fails.
    pub async fn find(
        context: &Context,
        engine: &DockerEngine,
        workspace: &WorkspacePath,
        container: Option<&Container>,
    ) -> crate::Result<Self> {
        let silent = Reporter::default();
        let address = context.address.to_string();
        let flags = Flags::for_engine(Some(address.clone()));
        let config = settings::resolve(&context.env, &silent, flags, Some(workspace))?;
        let record = workspace_store::read(&context.env.layout, workspace)?;
        let stored = record.as_ref().and_then(|record| record.on(&address));
        let client = context.client.as_ref();
        let default_name = |volume_use| VolumeName::of(workspace, client, volume_use);
        let data = container
            .and_then(|it| it.labels.data_volume())
            .or(config.data_volume.value)
            .unwrap_or_else(|| default_name(VolumeUse::Data));
        let mut docker = data.docker_beside(workspace, client);
        if docker == default_name(VolumeUse::Docker) {
            docker = config.docker_volume.unwrap_or(docker);
        }
        let existing = async |name: VolumeName| -> crate::Result<Option<VolumeName>> {
            Ok(engine.has_volume(&name).await?.then_some(name))
        };
        let remembered = Remembered {
            data_volume: existing(data).await?,
            docker_volume: existing(docker).await?,
            limits: stored.map(|stored| stored.limits).unwrap_or_default(),
            devcontainer: None,
        };
        Ok(Self { remembered, copy: container.and_then(|it| it.labels.workspace_volume()) })
    }

    /// Returns whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.remembered.is_empty()
    }

    /// Reports the volumes that `new` takes over from `old`, and warns about data that stays behind.
    pub fn report(&self, context: &Context, old: &WorkspacePath, new: &WorkspacePath) {
        let reporter = &context.reporter;
        let Remembered { data_volume, docker_volume, .. } = &self.remembered;
        for volume in data_volume.iter().chain(docker_volume) {
            reporter.say(&format!("`{new}` now uses volume {volume}"));
        }
        if let Some(copy) = &self.copy {
            reporter.warn(&format!("changes that were not pulled stay in volume {copy}"));
        }
        if context.config.sections.contains(old) {
            let path = context.env.layout.config_file();
            reporter
                .warn(&format!("the section for `{old}` in `{}` is not renamed", path.display()));
        }
    }
}

/// Returns the former path of the workspace, if the workspace has no volume here and a missing
/// directory had one.
pub(crate) fn find_former(
    context: &Context,
    workspace: &WorkspacePath,
    containers: &[Container],
) -> Option<FormerPath> {
    let known = workspace_store::list(&context.env.layout);
    let record = known.iter().find(|record| record.workspace == *workspace);
    let has_volume = |record: &WorkspaceRecord| {
        record.on(&context.address.to_string()).is_some_and(|it| it.data_volume.is_some())
    };
    if record.is_some_and(has_volume) {
        return None;
    }
    let is_missing = |path: &WorkspacePath| path != workspace && !path.as_path().exists();
    let here = workspace_store::directory_id(workspace.as_path())?;
    let had_this_directory = |record: &&WorkspaceRecord| {
        is_missing(&record.workspace)
            && record.directory.is_some_and(|it| it.is_same_directory(&here))
    };
    if let Some(record) = known.iter().find(had_this_directory) {
        return Some(FormerPath::SameDirectory(record.workspace.clone()));
    }
    let served = containers.iter().filter(|it| it.labels.is_managed());
    let mut paths = served.filter_map(|it| WorkspacePath::new(it.labels.workspace()?).ok());
    let namesake = paths.find(|it| is_missing(it) && it.dir_name() == workspace.dir_name());
    namesake.map(FormerPath::SameName)
}

/// Warns before a container is created that a former path has a data volume.
pub(crate) async fn warn_if_moved(
    context: &Context,
    engine: &DockerEngine,
    workspace: &WorkspacePath,
    containers: &[Container],
) -> crate::Result<()> {
    let Some(former) = find_former(context, workspace, containers) else { return Ok(()) };
    let (FormerPath::SameDirectory(old) | FormerPath::SameName(old)) = &former;
    let container = containers.iter().find(|it| it.serves(old));
    let found = WorkspaceState::find(context, engine, old, container).await?;
    let Some(volume) = &found.remembered.data_volume else { return Ok(()) };
    let reason = match &former {
        FormerPath::SameDirectory(_) => format!("this directory was `{old}`"),
        FormerPath::SameName(_) => {
            format!("`{old}` no longer exists, and may have been moved here")
        }
    };
    context.reporter.warn(&format!(
        "{reason}: its data volume {volume} is not used here; run `cai workspace move {old} {workspace}` to transfer it (after `cai stop --remove`)"
    ));
    Ok(())
}
