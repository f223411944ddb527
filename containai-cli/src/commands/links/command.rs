use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai_core::config::Flags;
use containai_core::exit;
use containai_core::import::home_links;
use containai_ssh::transfer::LinkRepairMode;

use crate::app::App;
use containai::context::Context;
use containai::import::manifests;
use containai::report::escape_control;
use containai::session::{SessionRequest, SetupConsent};
use containai::target;
use containai::workspace::WorkspaceRef;

/// Look at the links from the container's home directory to its data volume
#[derive(Debug, Args)]
pub(crate) struct LinksArgs {
    #[command(subcommand)]
    verb: LinksVerb,
}

#[derive(Debug, Subcommand)]
enum LinksVerb {
    /// List the links that are missing or wrong; exit with 1 if there are any
    Check(LinksContainerArgs),
    /// Make the links that are missing or wrong
    ///
    /// A file or a filled directory in the place of a link is left alone and
    /// told, unless its manifest says that the link replaces it.
    Fix(LinksContainerArgs),
}

#[derive(Debug, Args)]
struct LinksContainerArgs {
    /// A container's name or a workspace [default: the repository around the current directory]
    name: Option<String>,
}

pub(crate) async fn run(args: LinksArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (name, repair) = match args.verb {
        LinksVerb::Check(name) => (name, LinkRepairMode::Check),
        LinksVerb::Fix(name) => (name, LinkRepairMode::Repair),
    };
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let container = target::find_named(name.name.as_deref(), &context.engine()?, &context).await?;
    let workspace = target::workspace_served(&container)?;
    let entrance = SessionRequest::new(
        &app.env,
        &app.reporter,
        flags,
        WorkspaceRef::Explicit(workspace),
        SetupConsent::Never,
    )?;
    let home = app.env.layout.home().to_string_lossy();
    let links = home_links(&manifests(&app.env.layout, &entrance.import_paths(), &home)?);
    let reached = entrance.connect_existing().await?;
    let found = reached.connection.repair_home_links(&links, repair).await?;
    reached.connection.close().await;
    let (mut is_bad, mut is_in_the_way) = (false, false);
    for (link, state) in found {
        let blocks = state.starts_with("in the way");
        let is_mended = repair == LinkRepairMode::Repair && !blocks;
        is_bad |= !is_mended;
        is_in_the_way |= blocks;
        let after = if is_mended { ", mended" } else { "" };
        app.ui.data(&escape_control(&format!("~/{link}: {state}{after}")))?;
    }
    if is_in_the_way {
        app.ui.say("`cai exec -- cai sync` takes what is in the way to the data volume");
    } else if is_bad {
        app.ui.say("`cai links fix` mends that");
    }
    Ok(ExitCode::from(if is_bad { exit::FAILED } else { exit::OK }))
}
