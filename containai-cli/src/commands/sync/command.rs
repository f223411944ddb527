use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::import::home_links;
use containai_core::layout::CONTAINER_DATA;
use containai_ssh::transfer::{Directory, Settled, Settling};

use super::super::import::manifests;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::{Ui, harmless};

/// Take what agents made in the home directory to the data volume
///
/// For use inside of a container, and without its host. Programs that write a
/// file anew leave one where a link to the volume was; it would be gone with
/// the container. This takes every such file and directory of the manifests to
/// the volume and puts the link back. Where both sides have a file the newer one
/// counts, and the other is kept in `/mnt/agent-data/.containai/replaced`.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &SyncArgs, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    if !env.is_inside {
        let error = CliError::usage("`cai sync` works inside of a container");
        let hint =
            "from here, `cai links fix` looks after the links, and `cai import` after the volume";
        return Err(error.hint(Hint::new(hint)).into());
    }
    let links = home_links(&manifests::load(&env.layout)?);
    let home = Directory::open(env.layout.home(), &[])?;
    let volume = Directory::open(Path::new(CONTAINER_DATA), &[])?;
    let settling = Settling::new(&home, &volume, CONTAINER_DATA);
    let mut is_good = true;
    for link in links {
        let settled = match args.dry_run {
            true => settling.look(&link),
            false => settling.settle(&link),
        };
        let outcome = match settled {
            Settled::Already => continue,
            Settled::Linked => "linked".to_owned(),
            Settled::Taken => format!("taken to {CONTAINER_DATA}/{}", link.target),
            Settled::InTheWay(why) => {
                is_good = false;
                format!("in the way: {why}")
            }
        };
        ui.data(&harmless(&format!("~/{}: {outcome}", link.path)))?;
    }
    Ok(ExitCode::from(if is_good { exit::OK } else { exit::FAILED }))
}
