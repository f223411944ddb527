use std::process::ExitCode;

use clap::Args;
use containai_core::age::Age;
use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_core::lifecycle::gc::{
    GcPolicy, Litter, Outcome, Scope, Swept, look, measure, plan_gc, sweep,
};
use containai_core::lifecycle::snapshot::{clear, leftovers};

use super::consent;
use crate::app::App;
use crate::wire;
use containai::context::Context;
use containai::forwarding::Forwarding;
use containai::host;

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
    age: Age,
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
    let scope = |wanted| if wanted { Scope::Unused } else { Scope::Spared };
    let policy =
        GcPolicy { age: args.age, images: scope(args.images), volumes: scope(args.volumes) };
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let now = host::now();
    let left = leftovers(&engine, now).await?;
    let told = containai::snapshot::told(&left);
    if !args.dry_run {
        clear(&engine, &left).await?;
        told.iter().for_each(|line| app.ui.say(&format!("removed {line}")));
        engine.reclaim_abandoned().await?;
    }
    let mut plan = plan_gc(&look(&engine, &policy).await?, now, &policy);
    if args.dry_run && !told.is_empty() {
        app.ui.data(&told.join("\n"))?;
    }
    if plan.is_empty() {
        app.ui.say(&format!("nothing has been unused for {}", args.age));
        return Ok(ExitCode::SUCCESS);
    }
    measure(&engine, &mut plan).await?;
    if args.dry_run {
        app.ui.data(&wire::gc::plan(&plan, now))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.force {
        app.ui.say(&wire::gc::plan(&plan, now));
        consent::require(app, "Remove all of this?", "nothing was removed")?;
    }
    app.ui.begin_work("removing what nobody uses");
    let swept = sweep(&engine, &context.remote, &plan, now, &policy).await;
    app.ui.finish_work();
    finish(&context, &swept, app)
}

/// Tells what became of everything, and ends what led to what is gone.
fn finish(context: &Context, swept: &Swept, app: &App) -> anyhow::Result<ExitCode> {
    let (directory, address) = (context.env.layout.forward_dir(), context.address.to_string());
    for (litter, outcome) in &swept.outcomes {
        match (outcome, litter) {
            (Outcome::Failed(error), _) => {
                let message = format!("{} is still there: {error}", wire::gc::name(litter));
                app.ui.error(&anyhow::Error::msg(message), &error.hints());
            }
            (Outcome::Freed(_), Litter::Container(name)) => {
                Forwarding::end_all(&directory, &address, name)?;
            }
            _ => {}
        }
    }
    app.ui.data(&wire::gc::outcome(swept))?;
    Ok(ExitCode::from(if swept.has_failed() { exit::FAILED } else { exit::OK }))
}
