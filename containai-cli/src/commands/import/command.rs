use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::import::{Choice, Credentials, Excluding, Jobs, Record, Secrets, home_links};
use containai_ssh::transfer::{Delivery, Directory, Meter, Packed};

use super::super::export::mend;
use super::super::place::{Place, PlaceArgs};
use super::candidates::Candidates;
use super::gather::Gathered;
use super::restore::{self, RestoreArgs};
use super::way::Way;
use super::{manifests, record_file};
use crate::app::Global;
use crate::env::Env;
use crate::error::CliError;
use crate::lock;
use crate::ui::Ui;

/// Bring the settings of agents and tools to the workspace's data volume
///
/// What comes along is told by manifests, ours and yours in
/// `~/.config/containai/manifests`. Only what changed here since the last
/// import is sent; nothing is removed, and what an agent made itself stays.
/// What agents log in with stays here unless `--credentials` names them.
///
/// A running container gets it at once; without one the volume is written.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// Import from this directory, credentials included, or restore what `cai
    /// export` wrote [default: the home directory]
    #[arg(long, value_name = "DIR|FILE")]
    pub(super) from: Option<PathBuf>,
    /// Only these agents or tools
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Bring along what these agents log in with
    #[arg(long, value_name = "AGENT", num_args = 1.., conflicts_with = "no_secrets")]
    credentials: Vec<String>,
    /// Leave out every file that may hold a secret
    #[arg(long)]
    no_secrets: bool,
    /// Leave this out: a path on the volume, or a pattern for names
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Leave out nothing but private files
    #[arg(long, conflicts_with = "exclude")]
    no_excludes: bool,
    /// Tell file by file what would be sent, and send nothing; of an archive,
    /// look whether it can be restored
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) restore: RestoreArgs,
}

pub(crate) async fn run(
    args: ImportArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    if args.from.as_ref().is_some_and(|from| env.directory.join(from).is_file()) {
        return restore::run(args, global, env, ui).await;
    }
    if args.restore.is_given() {
        let message = "`--identity`, `--passphrase-file` and `--force` are about an archive";
        return Err(CliError::usage(message).into());
    }
    let manifests = manifests::load(&env.layout)?;
    let choice = choice(&args);
    if let [word, ..] = choice.unknown(&manifests).as_slice() {
        return Err(CliError::usage(format!("no manifest is called `{word}`"))
            .hint(Hint::new("agents and tools have the names of their manifests, such as `claude`"))
            .into());
    }
    let home = env.directory.join(args.from.as_deref().unwrap_or(env.layout.home()));
    let home = std::fs::canonicalize(&home).map_err(|error| {
        CliError::usage(format!("cannot import from `{}`: {error}", home.display()))
    })?;
    let (context, place) = Place::find(&args.place, global, env, ui).await?;
    let engine = context.engine()?;
    let _turn = lock::hold(&env.layout.import_lock(), "an import", ui).await?;
    let path = env.layout.import_record(&context.address.to_string(), &place.volume);
    let jobs = Jobs::of(&manifests, &choice);
    for pattern in &jobs.unmatched {
        ui.warn(&format!("`{pattern}` leaves out nothing"));
    }
    let root = || Directory::open(&home, &[]);
    let now = now();
    let mut found = Candidates::find(&root()?, &home.to_string_lossy(), &jobs.jobs, now);
    let overrides = env.layout.import_overrides();
    if args.from.is_none() && overrides.is_dir() {
        found.override_with(&Directory::open(&overrides, &[])?, &jobs.jobs);
    }
    let mut failed = tell(&mut found, ui);
    let found = found.with_parents(&jobs.jobs);
    let record = record_file::load(&path)?;
    if args.dry_run {
        let is_there = engine.has_volume(&place.volume).await?;
        let record = if is_there { record } else { Record::default() };
        let gathered = Gathered::new(found, &record, &root()?, now);
        if !gathered.lines.is_empty() {
            ui.data(&gathered.lines.join("\n"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    mend(&engine, &place).await?;
    let way = Way::open(&context, &engine, &place).await?;
    let chosen: Vec<_> =
        manifests.into_iter().filter(|manifest| choice.is_about(manifest)).collect();
    let work = async {
        let record = match way.has_stamp(&record.stamp).await? {
            true => record,
            false => Record::default(),
        };
        let mut gathered = Gathered::new(found, &record, &root()?, now);
        if gathered.is_empty() {
            let stamp = record.stamp.clone();
            let known = gathered.record(record, stamp, &Packed::default());
            record_file::save(&path, &known)?;
            ui.say("nothing changed since the last import");
            return Ok(());
        }
        let stamp = if record.stamp.is_empty() {
            format!("{now:x}-{:x}", std::process::id())
        } else {
            record.stamp.clone()
        };
        let (parcels, spare) = (gathered.parcels.clone(), std::mem::take(&mut gathered.spare));
        let delivery = Delivery { root: root()?, parcels, spare, stamp: stamp.clone() };
        let meter = Arc::new(Meter::default());
        let packed = way.deliver(delivery, &meter).await?;
        for failure in packed.report.failures() {
            failed = true;
            ui.warn(&failure.to_string());
        }
        let count = gathered.lines.len();
        record_file::save(&path, &gathered.record(record, stamp, &packed))?;
        for (link, state) in way.mend(&home_links(&chosen)).await? {
            if state.starts_with("in the way") {
                ui.warn(&format!("`~/{link}` does not lead to the volume: {state}"));
            }
        }
        ui.say(&format!("imported {count} files to volume {}", place.volume));
        anyhow::Ok(())
    };
    let outcome = work.await;
    way.close().await?;
    outcome?;
    Ok(ExitCode::from(if failed { exit::FAILED } else { exit::OK }))
}

impl ImportArgs {
    /// What chooses among settings, and makes no sense for an archive.
    pub(super) fn chooses(&self) -> bool {
        let lists = [&self.only, &self.credentials, &self.exclude];
        lists.iter().any(|list| !list.is_empty()) || self.no_secrets || self.no_excludes
    }
}

fn choice(args: &ImportArgs) -> Choice {
    Choice {
        only: args.only.clone(),
        credentials: match args.from {
            Some(_) => Credentials::All,
            None => Credentials::Of(args.credentials.clone()),
        },
        secrets: if args.no_secrets { Secrets::LeftOut } else { Secrets::Included },
        excluding: match args.no_excludes {
            true => Excluding::Nothing,
            false => Excluding::These(args.exclude.clone()),
        },
    }
}

/// Tells what is left out; true if something could not be read.
fn tell(found: &mut Candidates, ui: &Ui) -> bool {
    let failures = std::mem::take(&mut found.report).into_failures();
    for text in found.warnings.drain(..).chain(failures.iter().map(ToString::to_string)) {
        ui.warn(&text);
    }
    !failures.is_empty()
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or_default()
}
