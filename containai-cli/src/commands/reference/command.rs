use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{exit_codes, json, manual, settings, verbs};
use crate::command_line;

/// Write the reference pages and manual pages below a directory
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// The directory; its pages are replaced
    directory: PathBuf,
}

/// A file below the directory.
pub(super) struct ReferencePage {
    pub(super) path: PathBuf,
    pub(super) text: Vec<u8>,
}

impl ReferencePage {
    pub(super) fn new(path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

pub(crate) fn run(args: &ReferenceArgs) -> anyhow::Result<ExitCode> {
    let grammar = command_line::full_command();
    let mut pages = verbs::pages(&grammar);
    pages.extend(manual::pages(&grammar)?);
    pages.push(settings::page());
    pages.push(exit_codes::page());
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
