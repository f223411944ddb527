use clap::Args;
use containai::OperationError;
use containai::agents::{find_agent, prepare_first_start};
use containai_core::naming::AgentName;

use crate::app::App;

/// Prepare the first start of an agent
///
/// Runs inside a container, before each start of an agent.
#[derive(Debug, Args)]
pub(crate) struct FirstStartArgs {
    /// Agent
    agent: AgentName,
}

pub(crate) fn run(args: &FirstStartArgs, app: &App) -> anyhow::Result<()> {
    if !app.env.is_in_container {
        return Err(OperationError::usage("`cai first-start` runs inside a container").into());
    }
    if let Some(agent) = find_agent(&app.env.layout, args.agent.as_ref())? {
        prepare_first_start(app.env.layout.home(), &agent)?;
    }
    Ok(())
}
