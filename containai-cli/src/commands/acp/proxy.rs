use std::io;
use std::process::ExitCode;

use clap::Args;
use containai::acp::{AcpStreams, proxy};
use containai_core::acp::AcpAccess;
use containai_core::naming::AgentName;

use crate::app::App;
use crate::args::{SessionArgs, print_plan};

/// Connect an editor on standard input and output to an agent in the container
///
/// Editors start this command. Creates and starts the container as needed. Paths
/// are mapped between the workspace here and in the container; a path outside of
/// the workspace is refused. The agent works in the container only: MCP servers
/// that are programs of this machine are left out, and the editor's files and
/// terminals are withheld from the agent.
#[derive(Debug, Args)]
pub(super) struct AcpProxyArgs {
    /// Agent to start, such as claude
    agent: AgentName,
    #[command(flatten)]
    session: SessionArgs,
    /// Let the agent read the editor's text of the workspace's files, such as unsaved changes
    #[arg(long)]
    allow_read: bool,
    /// Let the agent write the workspace's files through the editor
    #[arg(long)]
    allow_write: bool,
    /// Let the agent run any program on this machine in the editor's terminals
    #[arg(long)]
    allow_terminal: bool,
}

pub(super) async fn run(args: AcpProxyArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut access = AcpAccess::default();
    access.reads_files = args.allow_read;
    access.writes_files = args.allow_write;
    access.uses_terminals = args.allow_terminal;
    let format = args.session.plan_format();
    let request = args.session.request(Some(args.agent.clone()), app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let streams = AcpStreams { input: Box::new(io::stdin()), output: Box::new(io::stdout()) };
    Ok(ExitCode::from(proxy(request, &args.agent, access, streams).await?))
}
