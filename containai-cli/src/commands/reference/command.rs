use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::{manual, verbs};
use crate::app::App;
use crate::output::schema::outputs;

/// Write the reference pages and manual pages to a directory
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Directory; existing pages are replaced
    directory: PathBuf,
}

pub(crate) fn run(args: &ReferenceArgs, app: &App) -> anyhow::Result<()> {
    let grammar = (app.grammar)();
    let mut pages = verbs::pages(&grammar);
    pages.extend(manual::pages(&grammar)?);
    pages.push(("json.md".to_owned(), json_page()?));
    for (path, text) in pages {
        write(&args.directory.join(path), &text)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let context = || format!("cannot write `{}`", path.display());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).with_context(context)?;
    fs::write(path, text).with_context(context)
}

/// The page of JSON outputs.
fn json_page() -> anyhow::Result<String> {
    let mut text = String::from(
        "# JSON\n\n\
         JSON Schema of the output of each command with `--json`. Within a major version, keys may be\n\
         added, but are not renamed or removed.\n",
    );
    for output in outputs() {
        let schema = serde_json::to_string_pretty(&output.schema)?;
        text.push_str(&format!("\n## `{}`\n\n```json\n{schema}\n```\n", output.command));
    }
    Ok(text)
}
