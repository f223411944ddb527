//! What `cai` can do, and the way to each of it.

use std::process::ExitCode;

use clap::Subcommand;
use containai_core::hint::Hint;

use super::{
    completion, config, cp, exec, export, forward, gc, image, import, links, list, logs, open,
    ports, reference, resources, run, setup, shell, snapshot, ssh, stats, status, stop, sync,
    sync_back, template, top, trust, version, workspace,
};
use crate::app::App;
use containai::OperationError;

/// What `cai` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    #[command(flatten)]
    Session(SessionCommand),
    Cp(cp::CpArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Links(links::LinksArgs),
    SyncBack(sync_back::SyncBackArgs),
    Sync(sync::SyncArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    Logs(logs::LogsArgs),
    Stats(stats::StatsArgs),
    Top(top::TopArgs),
    Resources(resources::ResourcesArgs),
    Gc(gc::GcArgs),
    Snapshot(snapshot::SnapshotArgs),
    Ssh(ssh::SshArgs),
    Forward(forward::ForwardArgs),
    Ports(ports::PortsArgs),
    Open(open::OpenArgs),
    Config(config::ConfigArgs),
    Template(template::TemplateArgs),
    Trust(trust::TrustArgs),
    Workspace(workspace::WorkspaceArgs),
    Image(image::ImageArgs),
    Setup(setup::SetupArgs),
    Version(version::VersionArgs),
    Completion(completion::CompletionArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

/// What opens a session: given again and again by hand and by programs, so that
/// it can be read without the grammar of all the others.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    Run(run::RunArgs),
    Shell(shell::ShellArgs),
    Exec(exec::ExecArgs),
}

impl CliCommand {
    /// Runs it to its end.
    pub(crate) fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        if app.env.is_in_container && !self.runs_in_container() {
            let message = "this is the inside of a container; `cai` works on its host";
            let hint = Hint::new("here there is `cai sync`");
            return Err(OperationError::usage(message).hint(hint).into());
        }
        match self {
            Self::Version(args) => version::run(&args, app),
            Self::Completion(args) => completion::run(&args, app),
            Self::Reference(args) => reference::run(&args),
            Self::Sync(args) => sync::run(&args, app),
            Self::Trust(args) => block_on(|| trust::run(&args, app)),
            Self::Config(args) => block_on(|| config::run(args, app)),
            Self::Workspace(args) => block_on(|| workspace::run(args, app)),
            Self::Setup(args) => setup::run(&args, app),
            Self::Template(args) => block_on(|| template::run(args, app)),
            Self::Session(SessionCommand::Run(args)) => block_on(|| run::run(args, app)),
            Self::Session(SessionCommand::Shell(args)) => block_on(|| shell::run(args, app)),
            Self::Session(SessionCommand::Exec(args)) => block_on(|| exec::run(args, app)),
            Self::Cp(args) => block_on(|| cp::run(args, app)),
            Self::Import(args) => block_on(|| import::run(args, app)),
            Self::Export(args) => block_on(|| export::run(args, app)),
            Self::Links(args) => block_on(|| links::run(args, app)),
            Self::SyncBack(args) => block_on(|| sync_back::run(args, app)),
            Self::Stop(args) => block_on(|| stop::run(&args, app)),
            Self::Forward(args) => block_on(|| forward::run(args, app)),
            Self::Ports(args) => block_on(|| ports::run(args, app)),
            Self::Open(args) => block_on(|| open::run(args, app)),
            Self::Image(args) => block_on(|| image::run(args, app)),
            Self::Snapshot(args) => block_on(|| snapshot::run(args, app)),
            Self::Ssh(args) => block_on(|| ssh::run(args, app)),
            Self::Status(args) => block_on(|| status::run(&args, app)),
            Self::List(args) => block_on(|| list::run(&args, app)),
            Self::Logs(args) => block_on(|| logs::run(&args, app)),
            Self::Top(_) => block_on(|| top::run(app)),
            Self::Stats(args) => block_on(|| stats::run(&args, app)),
            Self::Resources(args) => block_on(|| resources::run(&args, app)),
            Self::Gc(args) => block_on(|| gc::run(&args, app)),
        }
    }

    /// Whether it needs nothing of the host.
    fn runs_in_container(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::Version(_) | Self::Completion(_) | Self::Reference(_))
    }
}

/// One thread is enough for one session, and starts quickest. What a command
/// needs of the stack is taken here, for that command alone: the kernel has to
/// find memory for every page of it.
#[inline(never)]
fn block_on<F>(command: impl FnOnce() -> F) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<ExitCode>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(command());
    // A thread that still waits for our stdin must not keep the process.
    runtime.shutdown_background();
    outcome
}
