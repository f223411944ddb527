//! The arguments of verbs that create a container as needed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::session::{Recreate, SessionOptions, SessionRequest, SetupConsent};
use containai::target::{find_by_word, workspace_served};
use containai::workspace::{ProtectedPathUse, WorkspaceRef};
use containai_core::engine::{Lifetime, Protection};
use containai_core::naming::{AgentName, ContainerName};

use super::agent_forwarding::AgentForwardingArgs;
use super::container::ContainerArgs;
use super::container_ref::ContainerRefArgs;
use crate::app::App;
use crate::output::format::{OutputFormat, print_object};
use crate::output::plan::PlanDocument;

/// Prints the plan of a session.
pub(crate) async fn print_plan(
    request: SessionRequest,
    format: OutputFormat,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let plan = request.plan().await?;
    print_object(&app.ui, format, &PlanDocument::from(&plan), |_| plan.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// The arguments of verbs that create a container as needed.
#[derive(Debug, Args)]
#[command(mut_arg("container", |arg| arg.help("Container name, also of a new container")))]
pub(crate) struct SessionArgs {
    /// Workspace path, or name of an existing container [default: the repository around the
    /// current directory]
    #[arg(value_name = "TARGET", conflicts_with = "workspace")]
    target: Option<PathBuf>,
    #[command(flatten)]
    container_ref: ContainerRefArgs,
    #[command(flatten)]
    container: ContainerArgs,
    /// Recreate the container; its volumes are kept
    #[arg(long, visible_alias = "recreate")]
    fresh: bool,
    /// Recreate the container with a new data volume; the old volume is kept
    #[arg(long, conflicts_with_all = ["fresh", "data_volume"])]
    reset: bool,
    /// Protect a new container from `cai gc`
    #[arg(long, conflicts_with = "ephemeral")]
    keep: bool,
    /// Remove the container and the volumes created for it when the session ends
    #[arg(long, visible_alias = "rm", conflicts_with_all = ["fresh", "reset"])]
    ephemeral: bool,
    #[command(flatten)]
    ssh_agent: AgentForwardingArgs,
    /// Set up this machine without prompting, if needed
    #[arg(short, long)]
    yes: bool,
    /// Skip confirmations, and allow a workspace that contains keys, an engine or
    /// system directories, or is part of them; prints what the container gets
    #[arg(long)]
    force: bool,
    /// Print the steps without running them
    #[arg(long)]
    dry_run: bool,
    /// Print the steps as JSON
    #[arg(long, requires = "dry_run")]
    json: bool,
}

impl SessionArgs {
    /// The format of the plan if the command line asks for a dry run.
    pub(crate) fn plan_format(&self) -> Option<OutputFormat> {
        self.dry_run.then(|| OutputFormat::new(self.json))
    }

    /// The session's request; `agent` is the agent to start.
    pub(crate) async fn request(
        mut self,
        agent: Option<AgentName>,
        app: &App,
    ) -> anyhow::Result<SessionRequest> {
        let mut options = self.options();
        let word = self.target.as_deref().filter(|_| options.name.is_none());
        let flags = app.global.flags();
        let workspace = match find_by_word(word, &flags, &app.env, &app.reporter).await? {
            Some(container) => {
                options.name = Some(ContainerName::parse(&container.name)?);
                WorkspaceRef::Explicit(workspace_served(&container)?)
            }
            None => {
                let path = self.target.take();
                self.container_ref.workspace_ref(path, &app.env, options.protected_paths)?
            }
        };
        let consent = if self.yes { SetupConsent::Given } else { SetupConsent::Ask };
        let flags = self.container.flags(agent, &app.global);
        let request = SessionRequest::new(&app.env, &app.reporter, flags, workspace, consent)?;
        Ok(self.ssh_agent.apply(request.with_options(options)))
    }

    fn options(&self) -> SessionOptions {
        SessionOptions {
            name: self.container_ref.container.clone(),
            recreate: match (self.fresh, self.reset) {
                (_, true) => Recreate::Reset,
                (true, _) => Recreate::Fresh,
                _ => Recreate::None,
            },
            lifetime: if self.ephemeral { Lifetime::Session } else { Lifetime::Persistent },
            protection: if self.keep { Protection::Protected } else { Protection::None },
            protected_paths: if self.force {
                ProtectedPathUse::Allow
            } else {
                ProtectedPathUse::Refuse
            },
        }
    }
}
