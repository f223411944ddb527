//! Workspaces whose directory was moved or renamed.
//!
//! What says so is noted by the host (which directory a workspace was) or is a label of a
//! container. A container can write whatever it likes in the workspace, so nothing in
//! there decides, and only a person has something taken over.

use containai_core::config::{Flags, Remembered};
use containai_core::engine::Container;
use containai_core::naming::{VolumeName, VolumeUse, WorkspacePath};
use containai_core::workspace_record::WorkspaceRecord;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::report::Reporter;
use crate::{settings, workspace_store};

/// A path that a workspace may have had before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FormerPath {
    /// The very directory had it.
    SameDirectory(WorkspacePath),
    /// A directory of the same name had it, which is gone.
    SameName(WorkspacePath),
}

/// What an engine has for a workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceState {
    pub remembered: Remembered,
    /// The copy of the workspace, on an engine of another machine.
    copy: Option<VolumeName>,
}

impl WorkspaceState {
    /// Looks for the volumes of a workspace, and what is remembered for it.
    pub async fn find(
        context: &Context,
        engine: &DockerEngine,
        workspace: &WorkspacePath,
        container: Option<&Container>,
    ) -> crate::Result<Self> {
        let silent = Reporter::default();
        let address = context.address.to_string();
        let flags = Flags { docker_host: Some(address.clone()), ..Flags::default() };
        let config = settings::resolve(&context.env, &silent, flags, Some(workspace))?;
        let record = workspace_store::read(&context.env.layout, workspace)?;
        let before = record.as_ref().and_then(|record| record.on(&address));
        let client = context.client.as_ref();
        let own = |what| VolumeName::of(workspace, client, what);
        let data = container
            .and_then(|it| it.labels.data_volume())
            .or(config.data_volume.value)
            .unwrap_or_else(|| own(VolumeUse::Data));
        let mut docker = data.docker_beside(workspace, client);
        if docker == own(VolumeUse::Docker) {
            docker = config.docker_volume.unwrap_or(docker);
        }
        let there = async |name: VolumeName| -> crate::Result<Option<VolumeName>> {
            Ok(engine.has_volume(&name).await?.then_some(name))
        };
        let remembered = Remembered {
            data_volume: there(data).await?,
            docker_volume: there(docker).await?,
            limits: before.map(|before| before.limits).unwrap_or_default(),
        };
        Ok(Self { remembered, copy: container.and_then(|it| it.labels.workspace_volume()) })
    }

    pub fn is_empty(&self) -> bool {
        self.remembered.is_empty()
    }

    /// Says what a workspace has from now on, and what stays behind.
    pub fn report(&self, context: &Context, old: &WorkspacePath, new: &WorkspacePath) {
        let reporter = &context.reporter;
        let Remembered { data_volume, docker_volume, .. } = &self.remembered;
        for volume in data_volume.iter().chain(docker_volume) {
            reporter.say(&format!("{new} has the volume {volume} from now on"));
        }
        if let Some(copy) = &self.copy {
            reporter.warn(&format!("changes that were not brought back stay in the volume {copy}"));
        }
        if context.config.sections.contains(old) {
            let path = context.env.layout.config_file();
            reporter
                .warn(&format!("the section for `{old}` in `{}` keeps its name", path.display()));
        }
    }
}

/// The path that the workspace had before, if it has nothing here and another one that is
/// gone has.
pub(crate) fn find_former(
    context: &Context,
    workspace: &WorkspacePath,
    containers: &[Container],
) -> Option<FormerPath> {
    let known = workspace_store::list(&context.env.layout);
    let own = known.iter().find(|record| record.workspace == *workspace);
    let has_own = |record: &WorkspaceRecord| {
        record.on(&context.address.to_string()).is_some_and(|it| it.data_volume.is_some())
    };
    if own.is_some_and(has_own) {
        return None;
    }
    let is_gone = |path: &WorkspacePath| path != workspace && !path.as_path().exists();
    let here = workspace_store::directory_id(workspace.as_path())?;
    let was = |record: &&WorkspaceRecord| {
        is_gone(&record.workspace) && record.directory.is_some_and(|it| it.is_same_directory(&here))
    };
    if let Some(record) = known.iter().find(was) {
        return Some(FormerPath::SameDirectory(record.workspace.clone()));
    }
    let served = containers.iter().filter(|it| it.labels.is_managed());
    let mut paths = served.filter_map(|it| WorkspacePath::new(it.labels.workspace()?).ok());
    let namesake = paths.find(|it| is_gone(it) && it.dir_name() == workspace.dir_name());
    namesake.map(FormerPath::SameName)
}

/// Says before a container is made that there is something to take over.
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
    let begin = match &former {
        FormerPath::SameDirectory(_) => format!("this directory was `{old}`"),
        FormerPath::SameName(_) => format!("`{old}` is gone, and may have been moved here"),
    };
    context.reporter.warn(&format!(
        "{begin}: its data volume {volume} is not used here; `cai workspace move {old} {workspace}` takes it over (after `cai stop --remove`)"
    ));
    Ok(())
}
