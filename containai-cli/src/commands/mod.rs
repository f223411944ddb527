//! The verbs, one a file.

use std::process::ExitCode;

use clap::Subcommand;
use containai_core::hint::Hint;

use crate::app::Global;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;

mod agent;
mod at_work;
mod completion;
mod config;
mod consent;
mod cp;
mod create;
mod enter;
mod entry_args;
mod env_args;
mod exec;
mod export;
mod forward;
mod gc;
mod image;
mod import;
mod links;
mod list;
mod logs;
mod open;
mod ports;
mod reference;
mod resources;
mod run;
mod setup;
mod shell;
mod snapshot;
mod ssh;
mod stats;
mod status;
mod stop;
mod sync;
mod sync_back;
pub(crate) mod target;
mod template;
mod top;
mod trust;
mod version;
mod which_args;

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
    /// Whether it needs nothing of the host.
    fn works_inside(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::Version(_) | Self::Completion(_) | Self::Reference(_))
    }
}

/// Runs one command to its end.
pub(crate) fn run(
    command: Command,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    if env.is_inside && !command.works_inside() {
        let error = CliError::usage("this is the inside of a container; `cai` works on its host");
        return Err(error.hint(Hint::new("here there is `cai sync`")).into());
    }
    match command {
        Command::Version(args) => version::run(&args, ui),
        Command::Completion(args) => completion::run(&args, ui),
        Command::Reference(args) => reference::run(&args),
        Command::Sync(args) => sync::run(&args, env, ui),
        Command::Trust(args) => wait(|| trust::run(&args, global, env, ui)),
        Command::Config(args) => wait(|| config::run(args, global, env, ui)),
        Command::Setup(args) => setup::run(&args, global, env, ui),
        Command::Template(args) => wait(|| template::run(args, global, env, ui)),
        Command::Session(Session::Run(args)) => wait(|| run::run(args, global, env, ui)),
        Command::Session(Session::Shell(args)) => wait(|| shell::run(args, global, env, ui)),
        Command::Session(Session::Exec(args)) => wait(|| exec::run(args, global, env, ui)),
        Command::Cp(args) => wait(|| cp::run(args, global, env, ui)),
        Command::Import(args) => wait(|| import::run(args, global, env, ui)),
        Command::Export(args) => wait(|| export::run(args, global, env, ui)),
        Command::Links(args) => wait(|| links::run(args, global, env, ui)),
        Command::SyncBack(args) => wait(|| sync_back::run(args, global, env, ui)),
        Command::Stop(args) => wait(|| stop::run(&args, global, env, ui)),
        Command::Forward(args) => wait(|| forward::run(args, global, env, ui)),
        Command::Ports(args) => wait(|| ports::run(args, global, env, ui)),
        Command::Open(args) => wait(|| open::run(args, global, env, ui)),
        Command::Image(args) => wait(|| image::run(args, global, env, ui)),
        Command::Snapshot(args) => wait(|| snapshot::run(args, global, env, ui)),
        Command::Ssh(args) => wait(|| ssh::run(args, global, env, ui)),
        Command::Status(args) => wait(|| status::run(&args, global, env, ui)),
        Command::List(args) => wait(|| list::run(&args, global, env, ui)),
        Command::Logs(args) => wait(|| logs::run(&args, global, env, ui)),
        Command::Top(_) => wait(|| top::run(global, env, ui)),
        Command::Stats(args) => wait(|| stats::run(&args, global, env, ui)),
        Command::Resources(args) => wait(|| resources::run(&args, global, env, ui)),
        Command::Gc(args) => wait(|| gc::run(&args, global, env, ui)),
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
