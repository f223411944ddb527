use std::process::ExitCode;

use clap::Args;
use containai_docker::Sizes;

use crate::app::App;
use crate::output::list::{ContainerListEntry, table};
use containai::context::Context;

/// List the containers of ContainAI on the engine
///
/// With `--quiet`, only their names.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
    /// Have the engine measure what each container takes, volumes not included
    #[arg(long)]
    size: bool,
}

pub(super) async fn run(args: &ListArgs, app: &App) -> anyhow::Result<ExitCode> {
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
        app.ui.say("there are no containers; `cai run` makes one");
        if let Some(previous) = context.previous_isolation() {
            app.ui.say(&format!(
                "containers that were made with `{previous}` isolation are stored apart; `cai setup --isolation {previous}` switches back to them"
            ));
        }
    } else {
        app.ui.data(&table(&entries, sizes))?;
    }
    Ok(ExitCode::SUCCESS)
}
