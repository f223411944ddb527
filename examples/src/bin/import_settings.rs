//! `import_settings DIR FROM` imports the settings of git from a directory that is laid out like a
//! home directory, and prints the user name that git has in the container.
use anyhow::Context as _;
use containai::{ProcessEnv, Sandbox};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().context("usage: import_settings DIR FROM");
    let (directory, from) = (next()?, next()?);
    let env = ProcessEnv::from_vars(std::env::vars_os())?;

    let sandbox = Sandbox::builder(directory).process_env(env).image("base").start().await?;
    let report = sandbox.import().from_dir(from).only("git").run().await?;
    println!("{} files on {}", report.files, report.volume);
    sandbox.command("git").args(["config", "user.name"]).status().await?;
    Ok(())
}
