use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai_docker::Sizes;

use crate::app::App;
use crate::output::list::{ContainerListEntry, table};

/// List the containers of ContainAI on the engine
///
/// With `--quiet`, prints only their names.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
    /// Measure the disk usage of each container, without its volumes
    #[arg(long)]
    size: bool,
}

pub(crate) async fn run(args: &ListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let sizes = if args.size { Sizes::Measured } else { Sizes::Unknown };
    let listed = context.engine()?.managed(sizes).await?;
    let entries: Vec<_> = listed.iter().map(ContainerListEntry::of).collect();
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&entries)?)?;
    } else if app.global.is_quiet() {
        let names: Vec<_> = entries.iter().map(ContainerListEntry::name).collect();
        if !names.is_empty() {
            app.ui.data(&names.join("\n"))?;
        }
    } else if entries.is_empty() {
        app.ui.say("there are no containers; `cai run` creates one");
        if let Some(previous) = context.previous_isolation() {
            app.ui.say(&format!(
                "containers created with `{previous}` isolation are stored separately; `cai setup --isolation {previous}` switches back to them"
            ));
        }
    } else {
        app.ui.data(&table(&entries, sizes))?;
    }
    Ok(ExitCode::SUCCESS)
}
