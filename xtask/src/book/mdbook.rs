//! mdBook, which makes a website of the pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{self, succeed};

/// The version that is installed if there is no `mdbook` on the path.
const VERSION: &str = "0.5.4";

/// Builds the book to `target/book`.
pub(super) fn build() -> anyhow::Result<()> {
    let target = project::target_dir()?;
    let mut mdbook = Command::new(program(&target)?);
    mdbook.arg("build").arg("--dest-dir").arg(target.join("book")).arg(project::root());
    succeed(mdbook)?;
    link_to_indexes(&target.join("book"))?;
    println!("{}", target.join("book/index.html").display());
    Ok(())
}

/// mdBook renders `README.md` as `index.html`, and leaves links to it as they are.
fn link_to_indexes(directory: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            link_to_indexes(&path)?;
        } else if path.extension().is_some_and(|it| it == "html") {
            let page = fs::read_to_string(&path)?;
            fs::write(&path, page.replace("README.html", "index.html"))?;
        }
    }
    Ok(())
}

/// The program on the path, or one that cargo installs below the target directory.
fn program(target: &Path) -> anyhow::Result<PathBuf> {
    let is_on_path = Command::new("mdbook").arg("--version").output().is_ok();
    if is_on_path {
        return Ok("mdbook".into());
    }
    let tools = target.join("tools");
    let program = tools.join("bin/mdbook");
    if !program.exists() {
        let mut install = project::cargo(&["install", "--locked", "mdbook", "--version", VERSION]);
        install.args(["--no-default-features", "--features=search", "--root"]).arg(&tools);
        succeed(install)?;
    }
    Ok(program)
}
