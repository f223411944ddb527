//! The files of a new worktree, which are checked out inside.
//!
//! What the repository says about filters and hooks was written by whoever works
//! in it, so that git must not follow it on this machine.

use std::io;
use std::os::fd::AsFd as _;

use containai_core::engine::Container;
use containai_core::exit;
use containai_core::layout;
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use crate::passage::Passage;
use crate::ui::Ui;

/// Checks out what a worktree has nothing of yet.
const CHECKOUT: &str = "git rev-parse --verify --quiet HEAD >/dev/null || exit 0
test -e \"$(git rev-parse --git-path index)\" || exec git reset --quiet --hard";

pub(super) async fn fill(
    container: &Container,
    passage: Passage<'_>,
    ui: &Ui,
) -> anyhow::Result<()> {
    let command =
        Command::new(["sh", "-c", &format!("cd {}; {CHECKOUT}", layout::CONTAINER_WORKSPACE)])?;
    let talk = || {
        let stderr = io::stderr().as_fd().try_clone_to_owned();
        stderr.map_or(Output::Null, |fd| Output::File(fd.into()))
    };
    let stdio = Stdio { input: Input::Null, output: talk(), error: talk(), ..Stdio::inherit() };
    let outcome = passage.exec(&command, Terminal::None, stdio).await?;
    if outcome.code() != exit::OK {
        ui.warn(&format!(
            "{}: git could not check out the files; `git reset --hard` inside does",
            container.name
        ));
    }
    Ok(())
}
