use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::import::{RENAMED_TARGETS, home_links, read_path_list};
use containai_core::layout::{CONTAINER_DATA, VOLUME_ADDITIONAL_PATHS};
use containai_core::manifest::shipped_manifests;
use containai_ssh::transfer::{Directory, HomeLinkRepair, LinkOutcome};

use crate::app::App;
use containai::OperationError;
use containai::import::manifests;
use containai::report::escape_control;

/// The longest list of paths that is read, in bytes.
const MAX_LIST_BYTES: u64 = 1 << 20;

/// Take what agents made in the home directory to the data volume
///
/// For use inside of a container, and without its host; each start and stop of
/// the container does it with `--keep-links`. Programs that write a
/// file anew leave one where a link to the volume was; it would be gone with
/// the container. This takes every such file and directory of the manifests to
/// the volume and puts the link back. Where both sides have a file the newer one
/// counts, and the other is kept in `/mnt/agent-data/.containai/replaced`.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave missing links, and those that lead elsewhere, as they are
    #[arg(long)]
    keep_links: bool,
}

pub(crate) fn run(args: &SyncArgs, app: &App) -> anyhow::Result<ExitCode> {
    if !app.env.is_in_container {
        let error = OperationError::usage("`cai sync` works inside of a container");
        let hint =
            "from here, `cai links fix` looks after the links, and `cai import` after the volume";
        return Err(error.hint(Hint::new(hint)).into());
    }
    let home = Directory::open(app.env.layout.home(), &[])?;
    let volume = Directory::open(Path::new(CONTAINER_DATA), &[])?;
    // An import has left there which paths it brought along besides.
    let listed = volume.read_file(VOLUME_ADDITIONAL_PATHS, MAX_LIST_BYTES).unwrap_or_default();
    let additional = read_path_list(&String::from_utf8_lossy(&listed));
    let home_path = app.env.layout.home().to_string_lossy();
    let mut is_good = true;
    // A mistake in a manifest of the user is no reason to leave conversations behind.
    let manifests = manifests(&app.env.layout, &additional, &home_path).unwrap_or_else(|error| {
        app.ui.warn(&format!("{error:#}"));
        is_good = false;
        shipped_manifests()
    });
    let links = home_links(&manifests);
    let settling = HomeLinkRepair::new(&home, &volume, CONTAINER_DATA);
    for (from, to) in RENAMED_TARGETS.iter().filter(|_| !args.dry_run) {
        if let Err(error) = settling.rename(from, to) {
            app.ui.warn(&format!("cannot rename `{CONTAINER_DATA}/{from}`: {error}"));
            is_good = false;
        }
    }
    for link in links {
        let settled = match args.dry_run {
            true => settling.check(&link),
            // Without content there is nothing to be lost.
            false if args.keep_links && settling.check(&link) == LinkOutcome::Linked => continue,
            false => settling.repair(&link),
        };
        let outcome = match settled {
            LinkOutcome::Unchanged => continue,
            LinkOutcome::Linked => "linked".to_owned(),
            LinkOutcome::Moved => format!("taken to {CONTAINER_DATA}/{}", link.target),
            LinkOutcome::Blocked(why) => {
                is_good = false;
                format!("in the way: {why}")
            }
        };
        app.ui.data(&escape_control(&format!("~/{}: {outcome}", link.path)))?;
    }
    Ok(ExitCode::from(if is_good { exit::OK } else { exit::FAILED }))
}
