//! `snapshot_fork DIR NAME` creates a snapshot of a workspace's container, and starts a second
//! container from it, on a new worktree of the repository.
use anyhow::Context as _;
use containai::{ProcessEnv, Sandbox};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().context("usage: snapshot_fork DIR NAME");
    let (directory, name) = (next()?, next()?);
    let env = ProcessEnv::from_vars(std::env::vars_os())?;

    let sandbox = Sandbox::builder(directory).process_env(env).image("base").start().await?;
    sandbox.command("sh").args(["-c", "echo kept > ~/note"]).status().await?;
    sandbox.snapshot(&name).await?;
    let fork = sandbox.fork(&name).start().await?;
    println!("{}", fork.workspace().display());
    fork.command("cat").arg("note").current_dir("").status().await?;
    fork.command("git").args(["branch", "--show-current"]).status().await?;
    Ok(())
}
