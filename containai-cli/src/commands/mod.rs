//! The verbs, one a file.

use std::process::ExitCode;

use clap::Subcommand;

use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;

mod agent;
mod completion;
mod config;
mod cp;
mod create;
mod enter;
mod entry_args;
mod env_args;
mod exec;
mod forward;
mod gc;
mod gone_args;
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
mod ssh;
mod stats;
mod status;
mod stop;
mod sync_back;
mod target;
mod template;
mod top;
mod trust;
mod version;
mod which_args;

/// What `cai` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::RunArgs),
    Shell(shell::ShellArgs),
    Exec(exec::ExecArgs),
    Cp(cp::CpArgs),
    Import(import::ImportArgs),
    Links(links::LinksArgs),
    SyncBack(sync_back::SyncBackArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    Logs(logs::LogsArgs),
    Stats(stats::StatsArgs),
    Top(top::TopArgs),
    Resources(resources::ResourcesArgs),
    Gc(gc::GcArgs),
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

/// Runs one command to its end.
pub(crate) fn run(
    command: Command,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Version(args) => version::run(&args, ui),
        Command::Completion(args) => completion::run(&args, ui),
        Command::Reference(args) => reference::run(&args),
        Command::Trust(args) => trust::run(&args, env, ui),
        Command::Config(args) => wait(config::run(args, global, env, ui)),
        Command::Setup(args) => setup::run(&args, global, env, ui),
        Command::Template(args) => wait(template::run(args, global, env, ui)),
        Command::Run(args) => wait(run::run(args, global, env, ui)),
        Command::Shell(args) => wait(shell::run(args, global, env, ui)),
        Command::Exec(args) => wait(exec::run(args, global, env, ui)),
        Command::Cp(args) => wait(cp::run(args, global, env, ui)),
        Command::Import(args) => wait(import::run(args, global, env, ui)),
        Command::Links(args) => wait(links::run(args, global, env, ui)),
        Command::SyncBack(args) => wait(sync_back::run(args, global, env, ui)),
        Command::Stop(args) => wait(stop::run(&args, global, env, ui)),
        Command::Forward(args) => wait(forward::run(args, global, env, ui)),
        Command::Ports(args) => wait(ports::run(args, global, env, ui)),
        Command::Open(args) => wait(open::run(args, global, env, ui)),
        Command::Image(args) => wait(image::run(args, global, env, ui)),
        Command::Ssh(args) => wait(ssh::run(args, global, env, ui)),
        Command::Status(args) => wait(status::run(&args, global, env, ui)),
        Command::List(args) => wait(list::run(&args, global, env, ui)),
        Command::Logs(args) => wait(logs::run(&args, global, env, ui)),
        Command::Top(_) => wait(top::run(global, env, ui)),
        Command::Stats(args) => wait(stats::run(&args, global, env, ui)),
        Command::Resources(args) => wait(resources::run(&args, global, env, ui)),
        Command::Gc(args) => wait(gc::run(&args, global, env, ui)),
    }
}

/// One thread is enough for one session, and starts quickest.
fn wait(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    // A thread that still waits for our stdin must not keep the process.
    runtime.shutdown_background();
    outcome
}
