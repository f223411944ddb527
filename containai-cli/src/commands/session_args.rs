//! The flags of the verbs that make a container as needed.

use std::path::PathBuf;

use clap::Args;
use containai_core::engine::{Lifetime, Protection};
use containai_core::naming::AgentName;

use super::agent_forwarding::AgentForwardingArgs;
use super::container::ContainerArgs;
use super::container_ref_args::ContainerRefArgs;
use crate::app::App;
use crate::output::{self, plan::PlanDocument};
use containai::session::{Recreate, SessionOptions, SessionPlan, SessionRequest, SetupConsent};
use containai::workspace::ProtectedPathUse;
use std::process::ExitCode;

/// What a plan is printed as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs; see [`PlanDocument`].
    Json,
}

impl Form {
    /// Prints a plan.
    pub(super) fn print(self, plan: &SessionPlan, app: &App) -> anyhow::Result<ExitCode> {
        let SessionPlan { engine, observed, desired, steps, notes, set_up } = plan;
        let (notes, set_up) = (notes.clone(), set_up.clone());
        let document = PlanDocument::new(engine, observed, desired, steps, notes, set_up);
        app.ui.data(&match self {
            Self::Text => output::plan::text(&document),
            Self::Json => serde_json::to_string_pretty(&document)?,
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Which workspace, what container, and what may be done on the way.
#[derive(Debug, Args)]
pub(super) struct SessionArgs {
    /// The workspace [default: the repository around the current directory]
    #[arg(conflicts_with = "workspace")]
    path: Option<PathBuf>,
    #[command(flatten)]
    container_ref: ContainerRefArgs,
    #[command(flatten)]
    container: ContainerArgs,
    /// Make the container anew, with the volumes that it has
    #[arg(long, alias = "restart")]
    fresh: bool,
    /// Make the container anew, with a new data volume from now on; the old one stays
    #[arg(long, conflicts_with_all = ["fresh", "data_volume"])]
    reset: bool,
    /// Have a new container left alone by `cai gc`
    #[arg(long, conflicts_with = "ephemeral")]
    keep: bool,
    /// Remove the container when the session ends, and the volumes that were made for it
    #[arg(long, conflicts_with_all = ["fresh", "reset"])]
    ephemeral: bool,
    #[command(flatten)]
    ssh_agent: AgentForwardingArgs,
    /// Set this machine up without asking, when it is not
    #[arg(short, long)]
    yes: bool,
    /// Skip confirmations, and allow a workspace that holds keys, an engine or the
    /// system, or belongs to them; what the container gets is printed
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print it as JSON
    #[arg(long, requires = "dry_run")]
    json: bool,
}

impl SessionArgs {
    /// How to print what would be done, if nothing is to be done.
    pub(super) fn output_format(&self) -> Option<Form> {
        let form = if self.json { Form::Json } else { Form::Text };
        self.dry_run.then_some(form)
    }

    /// The way into the container; `agent` is the one to start in it.
    pub(super) fn session_request(
        self,
        agent: Option<AgentName>,
        app: &App,
    ) -> anyhow::Result<SessionRequest> {
        let choice = self.options();
        let spot = self.container_ref.workspace_ref(self.path, &app.env, choice.protected_paths)?;
        let consent = if self.yes { SetupConsent::Given } else { SetupConsent::Ask };
        let flags = self.container.flags(agent, &app.global);
        let entrance = SessionRequest::new(&app.env, &app.reporter, flags, spot, consent)?
            .with_options(choice);
        Ok(self.ssh_agent.apply(entrance))
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
