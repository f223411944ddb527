//! What `cai` can do, and the way to each of it.

use std::process::ExitCode;

use clap::Subcommand;
use containai_core::hint::Hint;

use super::{
    completion, config, cp, exec, export, forward, gc, image, import, links, list, logs, open,
    ports, reference, resources, run, setup, shell, snapshot, ssh, stats, status, stop, sync,
    sync_back, template, top, trust, version, workspace,
};
use crate::app::Global;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;

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
    pub(crate) fn run(self, global: &Global, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
        if env.is_inside && !self.works_inside() {
            let message = "this is the inside of a container; `cai` works on its host";
            let hint = Hint::new("here there is `cai sync`");
            return Err(CliError::usage(message).hint(hint).into());
        }
        match self {
            Self::Version(args) => version::run(&args, ui),
            Self::Completion(args) => completion::run(&args, ui),
            Self::Reference(args) => reference::run(&args),
            Self::Sync(args) => sync::run(&args, env, ui),
            Self::Trust(args) => wait(|| trust::run(&args, global, env, ui)),
            Self::Config(args) => wait(|| config::run(args, global, env, ui)),
            Self::Workspace(args) => wait(|| workspace::run(args, global, env, ui)),
            Self::Setup(args) => setup::run(&args, global, env, ui),
            Self::Template(args) => wait(|| template::run(args, global, env, ui)),
            Self::Session(Session::Run(args)) => wait(|| run::run(args, global, env, ui)),
            Self::Session(Session::Shell(args)) => wait(|| shell::run(args, global, env, ui)),
            Self::Session(Session::Exec(args)) => wait(|| exec::run(args, global, env, ui)),
            Self::Cp(args) => wait(|| cp::run(args, global, env, ui)),
            Self::Import(args) => wait(|| import::run(args, global, env, ui)),
            Self::Export(args) => wait(|| export::run(args, global, env, ui)),
            Self::Links(args) => wait(|| links::run(args, global, env, ui)),
            Self::SyncBack(args) => wait(|| sync_back::run(args, global, env, ui)),
            Self::Stop(args) => wait(|| stop::run(&args, global, env, ui)),
            Self::Forward(args) => wait(|| forward::run(args, global, env, ui)),
            Self::Ports(args) => wait(|| ports::run(args, global, env, ui)),
            Self::Open(args) => wait(|| open::run(args, global, env, ui)),
            Self::Image(args) => wait(|| image::run(args, global, env, ui)),
            Self::Snapshot(args) => wait(|| snapshot::run(args, global, env, ui)),
            Self::Ssh(args) => wait(|| ssh::run(args, global, env, ui)),
            Self::Status(args) => wait(|| status::run(&args, global, env, ui)),
            Self::List(args) => wait(|| list::run(&args, global, env, ui)),
            Self::Logs(args) => wait(|| logs::run(&args, global, env, ui)),
            Self::Top(_) => wait(|| top::run(global, env, ui)),
            Self::Stats(args) => wait(|| stats::run(&args, global, env, ui)),
            Self::Resources(args) => wait(|| resources::run(&args, global, env, ui)),
            Self::Gc(args) => wait(|| gc::run(&args, global, env, ui)),
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
