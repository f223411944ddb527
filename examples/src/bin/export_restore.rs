//! `export_restore DIR FILE` exports the data volume of a workspace to a file, and restores it.
use anyhow::Context as _;
use containai::{ProcessEnv, Sandbox};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().context("usage: export_restore DIR FILE");
    let (directory, file) = (next()?, next()?);
    let env = ProcessEnv::from_vars(std::env::vars_os())?;
    let builder = Sandbox::builder(directory).process_env(env).image("base");

    let sandbox = builder.clone().start().await?;
    sandbox.command("touch").arg("/mnt/agent-data/example").status().await?;
    let archive = sandbox.export().to(file).run().await?;
    sandbox.command("rm").arg("/mnt/agent-data/example").status().await?;
    sandbox.stop().await?;

    builder.restore(&archive).run().await?;
    let sandbox = builder.start().await?;
    sandbox.command("ls").arg("/mnt/agent-data/example").status().await?;
    Ok(())
}
