use std::process::ExitCode;

use clap::Args;
use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_core::lifecycle::gc::{
    GcPolicy, GcScope, PruneItem, PruneOutcome, PruneReport, measure_containers, plan_gc, prune,
    take_inventory,
};
use containai_core::lifecycle::snapshot::{find_leftovers, remove_leftovers};
use containai_core::retention::RetentionAge;

use super::confirm;
use crate::app::App;
use crate::output;
use containai::context::Context;
use containai::forward_registry::RegisteredForward;
use containai::host_facts;

/// Remove containers that nobody has used for long
///
/// Never one that runs, is labelled `containai.keep=true`, or is not of
/// ContainAI. The file system of a container goes with it; its named volumes
/// stay.
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// How long a container has been stopped, such as 7d or 24h; a volume, how
    /// long ago it was made
    #[arg(long, default_value_t, value_name = "AGE")]
    age: RetentionAge,
    /// Images of ContainAI too that no container is made from
    #[arg(long)]
    images: bool,
    /// Volumes of ContainAI too that no container has: settings, credentials
    /// and inner Docker's store of containers that are gone
    #[arg(long)]
    volumes: bool,
    /// Print what would be removed, and do nothing
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: &GcArgs, app: &App) -> anyhow::Result<ExitCode> {
    let scope = |wanted| if wanted { GcScope::Unused } else { GcScope::Skip };
    let policy =
        GcPolicy { age: args.age, images: scope(args.images), volumes: scope(args.volumes) };
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let now = host_facts::now();
    let left = find_leftovers(&engine, now).await?;
    let told = containai::snapshot::describe(&left);
    if !args.dry_run {
        remove_leftovers(&engine, &left).await?;
        told.iter().for_each(|line| app.ui.say(&format!("removed {line}")));
        engine.reclaim_abandoned().await?;
    }
    let mut plan = plan_gc(&take_inventory(&engine, &policy).await?, now, &policy);
    if args.dry_run && !told.is_empty() {
        app.ui.data(&told.join("\n"))?;
    }
    if plan.is_empty() {
        app.ui.say(&format!("nothing has been unused for {}", args.age));
        return Ok(ExitCode::SUCCESS);
    }
    measure_containers(&engine, &mut plan).await?;
    if args.dry_run {
        app.ui.data(&output::gc::plan(&plan, now))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.force {
        app.ui.say(&output::gc::plan(&plan, now));
        confirm::require_confirmation(app, "Remove all of this?", "nothing was removed")?;
    }
    app.ui.start_progress("removing what nobody uses");
    let swept = prune(&engine, &context.remote, &plan, now, &policy).await;
    app.ui.finish_progress();
    report(&context, &swept, app)
}

/// Tells what became of everything, and ends what led to what is gone.
fn report(context: &Context, swept: &PruneReport, app: &App) -> anyhow::Result<ExitCode> {
    let (directory, address) = (context.env.layout.forward_dir(), context.address.to_string());
    for (litter, outcome) in &swept.outcomes {
        match (outcome, litter) {
            (PruneOutcome::Failed(error), _) => {
                let message =
                    format!("{} is still there: {error}", output::gc::leftover_name(litter));
                app.ui.error(&anyhow::Error::msg(message), &error.hints());
            }
            (PruneOutcome::Removed(_), PruneItem::Container(name)) => {
                RegisteredForward::stop_all(&directory, &address, name)?;
            }
            _ => {}
        }
    }
    app.ui.data(&output::gc::outcome(swept))?;
    Ok(ExitCode::from(if swept.has_failures() { exit::FAILED } else { exit::OK }))
}
