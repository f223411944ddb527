use clap::Args;
use containai_core::config::{Flags, IsolationChoice};
use containai_core::hint::Hint;

use crate::app::App;
use containai::OperationError;
use containai::context::Context;
use containai::session::SetupConsent;
use containai::setup::{ask, machine, user};

/// Set up this machine: engine, network, runtime, key, SSH configuration
///
/// The command can be run again at any time. Existing parts are kept, and your
/// own Docker Engine is not changed.
#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// Set up without prompting
    #[arg(short, long)]
    yes: bool,
    /// Print each step with its files and commands, without running it
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Isolation of the containers' root from the host's: auto, sysbox or userns
    #[arg(long)]
    isolation: Option<IsolationChoice>,
    /// Set up only the machine's part, for this user; `cai` runs it with sudo
    #[arg(long, hide = true, value_name = "USER")]
    system_part_for: Option<String>,
}

pub(crate) fn run(args: &SetupArgs, app: &App) -> anyhow::Result<()> {
    if let Some(address) = &app.global.docker_host {
        return Err(OperationError::usage(format!(
            "`cai setup` sets up this machine, not `{address}`"
        ))
        .hint(Hint::new("run `cai setup` on the engine's machine, without `--docker-host`"))
        .into());
    }
    let mut flags = Flags::for_engine(None);
    flags.isolation = args.isolation;
    let mut context = Context::new(&app.env, &app.reporter, flags, None)?;
    if let Some(user) = &args.system_part_for {
        machine::apply_as_root(&context, Some(user.clone()).filter(|user| user != "root"))?;
        return Ok(());
    }
    if args.dry_run {
        let (system, personal) = (machine::plan_text(&context)?, user::plan_text(&context)?);
        app.ui.data(format!("{system}\n{personal}").trim())?;
        return Ok(());
    }
    let consent = if args.yes { SetupConsent::Given } else { SetupConsent::Ask };
    ask::set_up(&mut context, consent)?;
    Ok(())
}
