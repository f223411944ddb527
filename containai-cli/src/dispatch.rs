//! The commands, and the functions that run them.

use std::process::{ExitCode, Termination};

use clap::Subcommand;
use containai::OperationError;
use containai_core::hint::Hint;

use crate::app::App;
use crate::commands::{
    acp, agents, attach, completion, config, cp, df, exec, export, first_start, forward, gc, image,
    import, links, list, login, logout, logs, open, ports, reference, rename, resources, restart,
    run, session, setup, shell, snapshot, ssh, start, stats, status, stop, template, top, trust,
    version, workspace,
};

/// The commands of `cai`.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    #[command(flatten)]
    Session(SessionCommand),
    Start(start::StartArgs),
    #[command(name = "session")]
    AgentSession(session::AgentSessionArgs),
    Stop(stop::StopArgs),
    Restart(restart::RestartArgs),
    #[command(visible_aliases = ["ls", "ps"])]
    List(list::ListArgs),
    Status(status::StatusArgs),
    Logs(logs::LogsArgs),
    Agents(agents::AgentsArgs),
    Stats(stats::StatsArgs),
    Top(top::TopArgs),
    Open(open::OpenArgs),
    Ports(ports::PortsArgs),
    Forward(forward::ForwardArgs),
    Acp(acp::AcpArgs),
    Ssh(ssh::SshArgs),
    Login(login::LoginArgs),
    Logout(logout::LogoutArgs),
    Cp(cp::CpArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Links(links::LinksArgs),
    Snapshot(snapshot::SnapshotArgs),
    Workspace(workspace::WorkspaceArgs),
    Rename(rename::RenameArgs),
    Resources(resources::ResourcesArgs),
    Gc(gc::GcArgs),
    Df(df::DfArgs),
    Image(image::ImageArgs),
    Template(template::TemplateArgs),
    Config(config::ConfigArgs),
    Trust(trust::TrustArgs),
    Setup(setup::SetupArgs),
    Version(version::VersionArgs),
    Completion(completion::CompletionArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
    #[command(hide = true)]
    FirstStart(first_start::FirstStartArgs),
}

/// The commands that open a session. People and programs run them often, so they have a grammar
/// of their own.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    Run(run::RunArgs),
    Shell(shell::ShellArgs),
    Exec(exec::ExecArgs),
    Attach(attach::AttachArgs),
}

impl CliCommand {
    /// Runs the command.
    pub(crate) fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        if app.env.is_in_container && !self.runs_in_container() {
            let message = "this command runs on the host, not inside a container";
            let hint = Hint::new("inside a container, `cai links adopt` is available");
            return Err(OperationError::usage(message).hint(hint).into());
        }
        match self {
            Self::Session(SessionCommand::Run(args)) => block_on(|| run::run(args, app)),
            Self::Session(SessionCommand::Shell(args)) => block_on(|| shell::run(args, app)),
            Self::Session(SessionCommand::Exec(args)) => block_on(|| exec::run(args, app)),
            Self::Start(args) => block_on(|| start::run(&args, app)),
            Self::Restart(args) => block_on(|| restart::run(&args, app)),
            Self::Session(SessionCommand::Attach(args)) => block_on(|| attach::run(args, app)),
            Self::AgentSession(args) => block_on(|| session::run(args, app)),
            Self::Stop(args) => block_on(|| stop::run(&args, app)),
            Self::List(args) => block_on(|| list::run(&args, app)),
            Self::Status(args) => block_on(|| status::run(&args, app)),
            Self::Logs(args) => block_on(|| logs::run(&args, app)),
            Self::Agents(args) => block_on(|| agents::run(&args, app)),
            Self::Stats(args) => block_on(|| stats::run(&args, app)),
            Self::Top(_) => block_on(|| top::run(app)),
            Self::Open(args) => block_on(|| open::run(args, app)),
            Self::Ports(args) => block_on(|| ports::run(&args, app)),
            Self::Rename(args) => block_on(|| rename::run(args, app)),
            Self::Forward(args) => block_on(|| forward::run(args, app)),
            Self::Acp(args) => block_on(|| acp::run(args, app)),
            Self::Ssh(args) => block_on(|| ssh::run(args, app)),
            Self::Login(args) => block_on(|| login::run(args, app)),
            Self::Logout(args) => block_on(|| logout::run(args, app)),
            Self::Cp(args) => block_on(|| cp::run(args, app)),
            Self::Import(args) => block_on(|| import::run(args, app)),
            Self::Export(args) => block_on(|| export::run(args, app)),
            Self::Links(args) => block_on(|| links::run(args, app)),
            Self::Snapshot(args) => block_on(|| snapshot::run(args, app)),
            Self::Workspace(args) => block_on(|| workspace::run(args, app)),
            Self::Resources(args) => block_on(|| resources::run(&args, app)),
            Self::Gc(args) => block_on(|| gc::run(&args, app)),
            Self::Df(args) => block_on(|| df::run(&args, app)),
            Self::Image(args) => block_on(|| image::run(args, app)),
            Self::Template(args) => block_on(|| template::run(args, app)),
            Self::Config(args) => block_on(|| config::run(args, app)),
            Self::Trust(args) => block_on(|| trust::run(&args, app)),
            Self::Setup(args) => setup::run(&args, app).map(Termination::report),
            Self::Version(args) => version::run(&args, app).map(Termination::report),
            Self::Completion(args) => completion::run(&args, app).map(Termination::report),
            Self::Reference(args) => reference::run(&args, app).map(Termination::report),
            Self::FirstStart(args) => first_start::run(&args, app).map(Termination::report),
        }
    }

    /// Whether the command needs nothing of the host.
    fn runs_in_container(&self) -> bool {
        match self {
            Self::Links(args) => args.is_for_container(),
            Self::Version(_) | Self::Completion(_) | Self::Reference(_) | Self::FirstStart(_) => {
                true
            }
            _ => false,
        }
    }
}

/// Runs a command on one thread, which starts quickest and is enough for one session. A separate
/// function takes stack for this command alone: the kernel has to provide memory for every page.
#[inline(never)]
fn block_on<F, T>(command: impl FnOnce() -> F) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<T>>,
    T: Termination,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(command());
    // A thread that still reads stdin must not keep the process.
    runtime.shutdown_background();
    outcome.map(Termination::report)
}
