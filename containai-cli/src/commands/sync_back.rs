use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use containai_core::config::Flags;
use containai_core::copy::{Comparison, CopyRecord, CopyState, Inventory, compare};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::transfer::{Directory, Meter, Report, Twin, inventory};

use super::enter::{Consent, Entrance};
use super::target;
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::twin;
use crate::ui::Ui;
use crate::workspace::Spot;

/// Bring what a container on another machine has changed back to the workspace
///
/// Files that changed there and not here are written or removed here. One that
/// changed on both sides is never overwritten without `--force`: nothing is
/// done then, and all of them are listed. Git's own directory stays: fetch
/// commits with `git fetch containai-NAME:workspace`.
#[derive(Debug, Args)]
pub(crate) struct SyncBackArgs {
    /// The container's name, or the workspace [default: the repository around the current directory]
    name: Option<String>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite what changed on both sides with what is there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(
    args: SyncBackArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let flags = Flags { docker_host: global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(env, ui, flags.clone(), None)?;
    let container = target::find_named(args.name.as_deref(), &context.engine()?, &context).await?;
    let workspace = target::served(&container)?;
    let entrance = Entrance::new(env, ui, flags, Spot::Named(workspace.clone()), Consent::Refused)?;
    let (reached, path) = entrance.connect_copy().await?;
    let record = twin::read(&path)?.filter(|record| record.state == CopyState::Complete);
    let mut record = record.ok_or_else(not_from_here)?;
    let meter = Arc::new(Meter::default());
    let twin = Twin::new(&reached.session).measured(Arc::clone(&meter));
    ui.begin_work("comparing both sides");
    let there = twin.inventory(&record.items).await?;
    let here = look(&workspace, &record.items, &there)?;
    ui.finish_work();
    let mut found = compare(&record.items, &here, &there);
    if !found.conflicts.is_empty() && !args.dry_run {
        resolve(&mut found, &there, &args, ui)?;
    }
    show(&found, ui)?;
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let report = tokio::select! {
        report = twin.take(workspace.as_path(), &found.take, &here, &there) => report?,
        () = twin::watch(&meter, ui) => Report::default(),
        _ = tokio::signal::ctrl_c() => return Err(twin::interrupted().into()),
    };
    ui.finish_work();
    let mut code = ExitCode::SUCCESS;
    for failure in report.into_failures() {
        code = ExitCode::FAILURE;
        ui.error(&failure.into(), &[]);
    }
    for path in &found.remove {
        if let Err(error) = Twin::remove(workspace.as_path(), path, &here) {
            code = ExitCode::FAILURE;
            ui.error(&error.into(), &[]);
        }
    }
    let now = look(&workspace, &record.items, &there)?;
    settle(&mut record, &now, &there);
    twin::write(&path, &record)?;
    reached.session.close().await;
    Ok(code)
}

/// What is here of all that was or is on either side.
fn look(
    workspace: &WorkspacePath,
    before: &Inventory,
    there: &Inventory,
) -> anyhow::Result<Inventory> {
    let root = Directory::open(workspace.as_path(), &[])?;
    Ok(inventory(&root, before.keys().chain(there.keys()).map(String::as_str))?)
}

/// What is the same on both sides now is where the next comparison begins.
fn settle(record: &mut CopyRecord, here: &Inventory, there: &Inventory) {
    let mut paths: Vec<_> = record.items.keys().chain(here.keys()).cloned().collect();
    paths.dedup();
    for path in paths {
        match (here.get(&path), there.get(&path)) {
            (None, None) => drop(record.items.remove(&path)),
            (Some(ours), Some(theirs)) if ours == theirs => {
                record.items.insert(path, ours.clone());
            }
            _ => {}
        }
    }
}

/// Asks, or refuses, to overwrite what changed on both sides.
fn resolve(
    found: &mut Comparison,
    there: &Inventory,
    args: &SyncBackArgs,
    ui: &Ui,
) -> anyhow::Result<()> {
    twin::tell(ui, "changed here and there:", &found.conflicts);
    let may_overwrite =
        args.force || ui.terminals().can_ask() && ui.ask("Overwrite these with what is there?");
    if !may_overwrite {
        let count = found.conflicts.len();
        let message = format!("{count} files changed here and there; nothing was done");
        return Err(CliError::with_code(exit::FAILED, message)
            .hint(Hint::run("cai sync-back --dry-run", "see everything"))
            .hint(Hint::run("cai sync-back --force", "take what is there"))
            .into());
    }
    let (take, remove) = std::mem::take(&mut found.conflicts)
        .into_iter()
        .partition::<Vec<_>, _>(|path| there.contains_key(path));
    found.take.extend(take);
    found.remove.extend(remove);
    Ok(())
}

fn show(found: &Comparison, ui: &Ui) -> anyhow::Result<()> {
    let lists = [("write", &found.take), ("remove", &found.remove), ("conflict", &found.conflicts)];
    for (what, paths) in lists {
        for path in paths {
            ui.data(&format!("{what} {}", path.escape_debug()))?;
        }
    }
    if found.take.is_empty() && found.remove.is_empty() && found.conflicts.is_empty() {
        ui.say("nothing has changed there");
    }
    twin::tell(ui, "changed here only, and not brought there:", &found.ahead);
    Ok(())
}

fn not_from_here() -> CliError {
    CliError::with_code(exit::FAILED, "the copy was not made from this machine, or is not complete")
        .hint(Hint::run("cai run", "complete it"))
        .hint(Hint::new("copy single files with `cai cp NAME:path .`"))
}
