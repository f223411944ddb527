use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{json, manual, verbs};
use crate::app::App;

/// Write the reference pages and manual pages to a directory
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Directory; existing pages are replaced
    directory: PathBuf,
}

pub(crate) fn run(args: &ReferenceArgs, app: &App) -> anyhow::Result<ExitCode> {
    let grammar = (app.grammar)();
    let mut pages = verbs::pages(&grammar);
    pages.extend(manual::pages(&grammar)?);
    pages.push(json::page()?);
    for page in pages {
        write(&args.directory.join(&page.path), &page.text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let context = || format!("cannot write `{}`", path.display());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).with_context(context)?;
    fs::write(path, text).with_context(context)
}
