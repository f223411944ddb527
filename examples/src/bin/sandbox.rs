//! `sandbox DIR` starts the container of a workspace, runs commands in it, copies a directory in,
//! and stops the container.
use anyhow::Context as _;
use containai::{ProcessEnv, Sandbox};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let directory = std::env::args().nth(1).context("usage: sandbox DIR")?;
    let env = ProcessEnv::from_vars(std::env::vars_os())?;

    let sandbox = Sandbox::builder(&directory).process_env(env).image("base").start().await?;
    let out = sandbox.command("git").args(["branch", "--show-current"]).output().await?;
    print!("{}", String::from_utf8_lossy(&out.stdout));
    sandbox.copy_in(format!("{directory}/fixtures"), "workspace/copied").await?;
    let status = sandbox.command("test").args(["-f", "copied/data"]).status().await?;
    println!("{status}");
    sandbox.stop().await?;
    Ok(())
}
