//! `any_host USER HOST PORT HOST_KEY.pub IDENTITY [BIND:]PORT:HOST:PORT COMMAND…` runs a command on
//! any SSH server, then forwards a port there until it is killed.
use std::env::args;

use anyhow::Context as _;
use containai_core::remote::{Direction, Forward, HostKey};
use containai_ssh::{Command, SshIdentity, SshServer, Stdio, Terminal, Tunnel};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut words = args().skip(1);
    let mut word = |what| words.next().with_context(|| format!("which {what}?"));
    let (user, name) = (word("user")?, word("host")?);
    let port = word("port")?.parse()?;
    let key = HostKey::parse(&std::fs::read_to_string(word("host key")?)?)?;
    let identity = SshIdentity::read(word("identity")?)?;
    let forward = Forward::parse(Direction::Local, &word("forward")?)?;
    let command = Command::new(words)?.in_home();

    let session = SshServer::new(name, port, user, key).connect(&identity).await?;
    session.exec(&command, Terminal::None, Stdio::inherit()).await?;
    Tunnel::open(vec![forward]).await?.serve(session, |notice| eprintln!("{notice}")).await;
    Ok(())
}
