use clap::Args;
use containai::OperationError;
use containai::session::SessionRequest;
use containai_core::engine::RunState;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::AgentSessionName;

use crate::app::App;
use crate::args::{TargetArgs, TargetOptions};

/// A session that may be left out.
#[derive(Debug, Args)]
pub(super) struct OptionalSessionArgs {
    /// Name of the session [default: the only one that runs]
    #[arg(value_name = "SESSION")]
    pub(super) session: Option<AgentSessionName>,
    #[command(flatten)]
    target: TargetOptions,
}

impl OptionalSessionArgs {
    /// Prepares the command; see [`running`].
    pub(super) async fn running(&self, app: &App) -> anyhow::Result<SessionRequest> {
        running(self.target.clone(), app).await
    }
}

/// Prepares a command in a container that runs. Another one has no sessions, and is not started.
pub(super) async fn running(target: TargetOptions, app: &App) -> anyhow::Result<SessionRequest> {
    let (container, request) = TargetArgs::from(target).existing_session(app).await?;
    match container.state {
        RunState::Running | RunState::Paused => Ok(request),
        _ => {
            let message = format!("container `{}` is stopped: it has no session", container.name);
            let hint = Hint::run("cai attach", "start it and continue the last conversation");
            Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
        }
    }
}
