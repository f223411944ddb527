//! `cargo xtask reference`: the pages below `docs/reference`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::project::{self, succeed};

mod exit_codes;
mod settings;

/// Rewrites the pages; those of removed commands are deleted.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let pages = pages();
    if pages.exists() {
        fs::remove_dir_all(&pages)
            .with_context(|| format!("cannot empty `{}`", pages.display()))?;
    }
    generate(&pages)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails when the pages differ from the generated ones.
pub(crate) fn check() -> anyhow::Result<()> {
    let fresh = tempfile::tempdir()?;
    generate(fresh.path())?;
    let (fresh, kept) = (files(fresh.path())?, files(&pages())?);
    let paths = fresh.keys().chain(kept.keys().filter(|path| !fresh.contains_key(*path)));
    let stale: Vec<_> = paths
        .filter(|path| fresh.get(*path) != kept.get(*path))
        .map(|path| format!("`docs/reference/{}`", path.display()))
        .collect();
    let list = stale.join(", ");
    anyhow::ensure!(stale.is_empty(), "{list} not as generated: run `cargo xtask reference`");
    Ok(())
}

fn pages() -> PathBuf {
    project::root().join("docs/reference")
}

fn generate(directory: &Path) -> anyhow::Result<()> {
    succeed(project::cargo(&["build", "--locked", "--package=containai-cli", "--bin=cai"]))?;
    let mut cai = Command::new(project::target_dir()?.join("debug/cai"));
    cai.arg("reference").arg(directory);
    succeed(cai)?;
    for (name, text) in [("settings.md", settings::page()), ("exit-codes.md", exit_codes::page())] {
        let file = directory.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(())
}

fn files(root: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot read `{}`", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            match path.is_dir() {
                true => directories.push(path),
                false => drop(found.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?)),
            }
        }
    }
    Ok(found)
}
