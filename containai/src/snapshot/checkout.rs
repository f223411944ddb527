//! The files of a new worktree, which are checked out inside.
//!
//! What the repository says about filters and hooks was written by whoever works
//! in it, so that git must not follow it on this machine.

use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout;
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use crate::connection::SessionConnection;
use crate::error::OperationError;
use crate::report::Reporter;

/// Checks out what a worktree has nothing of yet. Objects of git-lfs that are
/// neither here nor to be fetched stay pointers.
const CHECKOUT_SCRIPT: &str = "git rev-parse --git-dir >/dev/null || exit 3
git rev-parse --verify --quiet HEAD >/dev/null || exit 0
test -e \"$(git rev-parse --git-path index)\" || git reset --quiet --hard ||
GIT_LFS_SKIP_SMUDGE=1 exec git reset --quiet --hard";
/// With what it ends where git finds no repository.
const NO_REPOSITORY: u8 = 3;

/// Has git inside check out the files.
///
/// # Errors
///
/// git finds no repository inside, and the fork would be of no use.
pub async fn checkout_files(
    container: &Container,
    passage: SessionConnection,
    reporter: &Reporter,
) -> crate::Result<()> {
    let command = Command::new([
        "sh",
        "-c",
        &format!("cd {}; {CHECKOUT_SCRIPT}", layout::CONTAINER_WORKSPACE),
    ])?;
    let talk = || reporter.program_output().map_or(Output::Null, |fd| Output::File(fd.into()));
    let stdio = Stdio { input: Input::Null, output: talk(), error: talk(), ..Stdio::inherit() };
    match passage.exec(&command, Terminal::None, stdio).await?.code() {
        exit::OK => {}
        NO_REPOSITORY => {
            let message = format!("{}: git does not work inside", container.name);
            let hint = Hint::new(
                "the container's agent must be able to reach the repository: move it out of `/root` \
                 or any other directory that is closed inside, and fork again",
            );
            return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
        }
        _ => reporter.warn(&format!(
            "{}: git could not check out the files; `git reset --hard` inside does",
            container.name
        )),
    }
    Ok(())
}
