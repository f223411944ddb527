//! `forward_port DIR LOCAL REMOTE` forwards a port of this machine to a port of a workspace's
//! container, and prints the first line that the server behind it sends.
use anyhow::Context as _;
use containai::{ProcessEnv, Sandbox};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().context("usage: forward_port DIR LOCAL REMOTE");
    let (directory, local, remote) = (next()?, next()?.parse()?, next()?.parse()?);
    let env = ProcessEnv::from_vars(std::env::vars_os())?;

    let sandbox = Sandbox::builder(directory).process_env(env).image("base").start().await?;
    let forward = sandbox.forward_port(local, remote).await?;
    let stream = TcpStream::connect(("127.0.0.1", local)).await?;
    println!("{}", BufReader::new(stream).lines().next_line().await?.unwrap_or_default());
    drop(forward);
    Ok(())
}
