use clap::Args;
use containai::listing;
use containai_docker::Sizes;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::list::{ContainerListEntry, table};

/// List the containers of ContainAI on the engine
///
/// AGENT names the agents that are running. With `--quiet`, prints only names.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
    /// Measure the disk usage of each container and of its volumes
    #[arg(long)]
    size: bool,
}

pub(crate) async fn run(args: &ListArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let sizes = if args.size { Sizes::Measured } else { Sizes::Unknown };
    let listed = listing::containers(&context.engine()?, sizes).await?;
    let entries: Vec<_> = listed.iter().map(ContainerListEntry::of).collect();
    if app.global.is_quiet() && !args.json {
        entries.iter().try_for_each(|entry| app.ui.data(entry.name()))?;
        return Ok(());
    }
    let empty = "there are no containers; `cai run` creates one";
    let format = OutputFormat::new(args.json);
    print_list(&app.ui, format, &entries, |entries| table(entries, sizes), empty)?;
    if let (true, Some(previous)) = (entries.is_empty() && !args.json, context.previous_isolation())
    {
        app.ui.say(&format!(
            "containers created with `{previous}` isolation are stored separately; `cai setup --isolation {previous}` switches back to them"
        ));
    }
    Ok(())
}
