//! Writing, checking and building.

use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;

use super::document::documents;
use super::{errors, labels, links, mdbook, setup_commands, summary, variables};
use crate::project;

/// Writes the generated parts of documents, checks all documents, and builds the book to
/// `target/book`; with `check`, only checks.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    match args {
        [] => {
            for (path, text) in generated()? {
                let whole = project::root().join(&path);
                fs::write(&whole, text).with_context(|| format!("cannot write `{path}`"))?;
            }
            check()?;
            mdbook::build()?;
        }
        [verb] if verb == "check" => check()?,
        _ => anyhow::bail!("usage: cargo xtask book [check]"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails with a line for each finding: links, anchors, pages that the summary does not list,
/// generated parts that are stale.
pub(crate) fn check() -> anyhow::Result<()> {
    let documents = documents()?;
    let mut findings = links::check(&documents);
    findings.extend(summary::check(&documents));
    findings.extend(setup_commands::check(&project::root())?);
    findings.extend(variables::check(&documents, &project::root())?);
    for (path, text) in generated()? {
        let is_current = documents.iter().any(|it| it.path == path && it.text == text);
        if !is_current {
            findings.push(format!("{path}: stale: run `cargo xtask book`"));
        }
    }
    anyhow::ensure!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

/// The documents with generated parts, as they should be.
fn generated() -> anyhow::Result<[(String, String); 3]> {
    let documents = documents()?;
    let text = |path: &str| {
        let document = documents.iter().find(|it| it.path == path);
        document.map(|it| it.text.as_str()).with_context(|| format!("`{path}` is missing"))
    };
    let root = project::root();
    let errors = errors::read(&root)?;
    Ok([
        (summary::PATH.into(), summary::render(text(summary::PATH)?, &documents)?),
        (errors::PATH.into(), errors::render(text(errors::PATH)?, &errors)?),
        (labels::PATH.into(), labels::render(text(labels::PATH)?, &root)?),
    ])
}
