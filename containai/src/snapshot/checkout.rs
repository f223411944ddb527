//! Checking out the files of a new worktree in its container.
//!
//! A container can change the filters and hooks of the repository, so git must not check files out
//! on this machine.

use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout;
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use crate::connection::SessionConnection;
use crate::error::OperationError;
use crate::report::Reporter;

/// Checks out the files if the worktree has no index yet. git-lfs objects that are not available
/// remain pointers.
const CHECKOUT_SCRIPT: &str = "git rev-parse --git-dir >/dev/null || exit 3
git rev-parse --verify --quiet HEAD >/dev/null || exit 0
test -e \"$(git rev-parse --git-path index)\" || git reset --quiet --hard ||
GIT_LFS_SKIP_SMUDGE=1 exec git reset --quiet --hard";
/// The exit status of the script if git finds no repository.
const NO_REPOSITORY: u8 = 3;

/// Checks out the files with git in the container.
///
/// # Errors
///
/// git finds no repository in the container, or the connection fails.
pub async fn checkout_files(
    container: &Container,
    connection: SessionConnection,
    reporter: &Reporter,
) -> crate::Result<()> {
    let command = Command::new([
        "sh",
        "-c",
        &format!("cd {}; {CHECKOUT_SCRIPT}", layout::CONTAINER_WORKSPACE),
    ])?;
    let program_output =
        || reporter.program_output().map_or(Output::Null, |fd| Output::File(fd.into()));
    let stdio = Stdio::inherit()
        .with_input(Input::Null)
        .with_output(program_output())
        .with_error(program_output());
    match connection.exec(&command, Terminal::None, stdio).await?.code() {
        exit::OK => {}
        NO_REPOSITORY => {
            let message = format!("{}: git finds no repository in the container", container.name);
            let hint = Hint::new(
                "the container's agent must have access to the repository: move it out of `/root` \
                or any other directory without access in the container, and fork again",
            );
            return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
        }
        _ => reporter.warn(&format!(
            "{}: git could not check out the files; run `git reset --hard` in the container",
            container.name
        )),
    }
    Ok(())
}
