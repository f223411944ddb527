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
pub(crate) enum Command {
    #[command(flatten)]
    Session(Session),
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
pub(crate) enum Session {
    Run(run::RunArgs),
    Shell(shell::ShellArgs),
    Exec(exec::ExecArgs),
}

impl Command {
    /// Runs it to its end.
    pub(crate) fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        if app.env.is_inside && !self.works_inside() {
            let message = "this is the inside of a container; `cai` works on its host";
            let hint = Hint::new("here there is `cai sync`");
            return Err(OperationError::usage(message).hint(hint).into());
        }
        match self {
            Self::Version(args) => version::run(&args, app),
            Self::Completion(args) => completion::run(&args, app),
            Self::Reference(args) => reference::run(&args),
            Self::Sync(args) => sync::run(&args, app),
            Self::Trust(args) => wait(|| trust::run(&args, app)),
            Self::Config(args) => wait(|| config::run(args, app)),
            Self::Workspace(args) => wait(|| workspace::run(args, app)),
            Self::Setup(args) => setup::run(&args, app),
            Self::Template(args) => wait(|| template::run(args, app)),
            Self::Session(Session::Run(args)) => wait(|| run::run(args, app)),
            Self::Session(Session::Shell(args)) => wait(|| shell::run(args, app)),
            Self::Session(Session::Exec(args)) => wait(|| exec::run(args, app)),
            Self::Cp(args) => wait(|| cp::run(args, app)),
            Self::Import(args) => wait(|| import::run(args, app)),
            Self::Export(args) => wait(|| export::run(args, app)),
            Self::Links(args) => wait(|| links::run(args, app)),
            Self::SyncBack(args) => wait(|| sync_back::run(args, app)),
            Self::Stop(args) => wait(|| stop::run(&args, app)),
            Self::Forward(args) => wait(|| forward::run(args, app)),
            Self::Ports(args) => wait(|| ports::run(args, app)),
            Self::Open(args) => wait(|| open::run(args, app)),
            Self::Image(args) => wait(|| image::run(args, app)),
            Self::Snapshot(args) => wait(|| snapshot::run(args, app)),
            Self::Ssh(args) => wait(|| ssh::run(args, app)),
            Self::Status(args) => wait(|| status::run(&args, app)),
            Self::List(args) => wait(|| list::run(&args, app)),
            Self::Logs(args) => wait(|| logs::run(&args, app)),
            Self::Top(_) => wait(|| top::run(app)),
            Self::Stats(args) => wait(|| stats::run(&args, app)),
            Self::Resources(args) => wait(|| resources::run(&args, app)),
            Self::Gc(args) => wait(|| gc::run(&args, app)),
        }
    }

    /// Whether it needs nothing of the host.
    fn works_inside(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::Version(_) | Self::Completion(_) | Self::Reference(_))
    }
}

/// One thread is enough for one session, and starts quickest. What a command
/// needs of the stack is taken here, for that command alone: the kernel has to
/// find memory for every page of it.
#[inline(never)]
fn wait<F>(command: impl FnOnce() -> F) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<ExitCode>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(command());
    // A thread that still waits for our stdin must not keep the process.
    runtime.shutdown_background();
    outcome
}
