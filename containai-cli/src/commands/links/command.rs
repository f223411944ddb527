use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai_core::config::Flags;
use containai_core::exit;
use containai_core::import::home_links;
use containai_ssh::transfer::LinkRepair;

use crate::app::App;
use containai::context::Context;
use containai::enter::{Consent, Entrance};
use containai::importing::manifests;
use containai::report::harmless;
use containai::target;
use containai::workspace::Spot;

/// Look at the links from the container's home directory to its data volume
#[derive(Debug, Args)]
pub(crate) struct LinksArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the links that are missing or wrong; exit with 1 if there are any
    Check(Name),
    /// Make the links that are missing or wrong
    ///
    /// A file or a filled directory in the place of a link is left alone and
    /// told, unless its manifest says that the link replaces it.
    Fix(Name),
}

#[derive(Debug, Args)]
struct Name {
    /// A container's name or a workspace [default: the repository around the current directory]
    name: Option<String>,
}

pub(crate) async fn run(args: LinksArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (name, repair) = match args.verb {
        Verb::Check(name) => (name, LinkRepair::Look),
        Verb::Fix(name) => (name, LinkRepair::Mend),
    };
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let container = target::find_named(name.name.as_deref(), &context.engine()?, &context).await?;
    let workspace = target::served(&container)?;
    let entrance =
        Entrance::new(&app.env, &app.reporter, flags, Spot::Named(workspace), Consent::Refused)?;
    let home = app.env.layout.home().to_string_lossy();
    let links = home_links(&manifests(&app.env.layout, &entrance.additional_paths(), &home)?);
    let reached = entrance.connect_existing().await?;
    let found = reached.session.home_links(&links, repair).await?;
    reached.session.close().await;
    let (mut is_bad, mut is_in_the_way) = (false, false);
    for (link, state) in found {
        let blocks = state.starts_with("in the way");
        let is_mended = repair == LinkRepair::Mend && !blocks;
        is_bad |= !is_mended;
        is_in_the_way |= blocks;
        let after = if is_mended { ", mended" } else { "" };
        app.ui.data(&harmless(&format!("~/{link}: {state}{after}")))?;
    }
    if is_in_the_way {
        app.ui.say("`cai exec -- cai sync` takes what is in the way to the data volume");
    } else if is_bad {
        app.ui.say("`cai links fix` mends that");
    }
    Ok(ExitCode::from(if is_bad { exit::FAILED } else { exit::OK }))
}
