//! Opens a session in a running container and runs one command.
//!
//! ```text
//! cargo run -p containai-examples --bin connect -- 2300 git status
//! ```
//!
//! The port is the one that `cai status` shows; `cai` has pinned the container's host key for it.
//! The command uses the streams of this process, which exits with the command's status.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use containai_core::layout::Layout;
use containai_core::naming::HostPort;
use containai_core::remote::Remote;
use containai_ssh::{Command, SshRemote, Stdio, Terminal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let port = arguments.next().context("usage: connect PORT COMMAND...")?;
    let port: HostPort = port.to_string_lossy().parse()?;
    let command = Command::new(arguments)?;

    let home = env::var_os("HOME").map(PathBuf::from);
    let remote = SshRemote::new(Layout::new(&home.context("`HOME` is not set")?, None, None));
    let door = remote.wait_ready(port).await?;
    let session = remote.authenticate(door, port).await?;
    let outcome = session.exec(&command, Terminal::None, Stdio::inherit()).await?;
    session.close().await;
    Ok(outcome.code().into())
}
