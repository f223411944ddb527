//! Waiting for an SSH server behind a proxy.

use std::io;
use std::time::{Duration, Instant};

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};
use tokio::time::{sleep, timeout};

use super::child::ChildStream;
use super::means::Detour;
use crate::door::Door;
use crate::wait::{Word, judge};

/// The timeout where the caller retries.
pub(crate) const IMPATIENCE: Duration = Duration::from_secs(5);
/// The timeout of one silent connection; a proxy may be slow.
const ATTEMPT: Duration = Duration::from_secs(20);
/// The pause between two attempts, each of which is a login on the remote
/// machine.
const PAUSE: Duration = Duration::from_millis(250);

/// The result of one attempt.
enum Greeting {
    Ssh(Box<ChildStream>),
    Foreign(String),
    NotYet(String),
    Never(String),
}

/// Waits until an SSH server responds on a port of the remote engine's machine.
/// An unreachable machine is an error at once.
pub(crate) async fn knock(
    detour: &Detour,
    port: HostPort,
    patience: Duration,
) -> Result<Door, RemoteError> {
    let start = Instant::now();
    loop {
        let left = patience.saturating_sub(start.elapsed());
        let attempt = timeout(ATTEMPT.min(left), greet(detour, port)).await;
        let last = match attempt {
            Ok(Ok(Greeting::Ssh(stream))) => return Ok(Door::over(stream)),
            Ok(Ok(Greeting::Foreign(spoke))) => {
                return Err(RemoteError::NotSsh { peer: Peer::Container(port), spoke });
            }
            Ok(Ok(Greeting::Never(said))) => return Err(closed(detour, said.into())),
            Ok(Err(error)) => return Err(closed(detour, error.into())),
            Ok(Ok(Greeting::NotYet(last))) => last,
            Err(_) => "connected, but the server sent nothing".to_owned(),
        };
        if start.elapsed() + PAUSE >= patience {
            return Err(RemoteError::NotReady {
                peer: Peer::Container(port),
                waited: patience,
                last,
            });
        }
        sleep(PAUSE).await;
    }
}

async fn greet(detour: &Detour, port: HostPort) -> io::Result<Greeting> {
    let mut stream = ChildStream::new(detour.command(port).spawn()?)?;
    let mut before = 0;
    loop {
        let said = stream.peek().await?;
        if said.len() == before {
            let (status, said) = stream.end().await;
            return Ok(match detour.is_not_yet(status, &said) {
                true if said.is_empty() => Greeting::NotYet("the connection was closed".to_owned()),
                true => Greeting::NotYet(said),
                false => Greeting::Never(said),
            });
        }
        before = said.len();
        match judge(said) {
            Some(Word::Ssh) => return Ok(Greeting::Ssh(Box::new(stream))),
            Some(Word::Later(said)) => return Ok(Greeting::NotYet(said)),
            Some(Word::Foreign(said)) => return Ok(Greeting::Foreign(said)),
            None => {}
        }
    }
}

fn closed(detour: &Detour, source: containai_core::engine::Cause) -> RemoteError {
    RemoteError::NoWay { engine: detour.engine.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detour::Means;

    async fn seen(script: &str) -> String {
        let program = Means::Program(["sh", "-c", script, "sh"].map(str::to_owned).into());
        let detour = Detour { engine: "tcp://far:1".to_owned(), means: program };
        let port = HostPort::new(2300).expect("a port");
        match knock(&detour, port, Duration::from_millis(600)).await {
            Ok(_) => "open".to_owned(),
            Err(error) => {
                let source = std::error::Error::source(&error);
                source.map_or(error.to_string(), |source| format!("{error}: {source}"))
            }
        }
    }

    #[tokio::test]
    async fn a_child_leads_to_a_server() {
        assert_eq!(seen("printf 'SSH-2'; sleep 0.1; printf '.0-x\\r\\n'; sleep 1").await, "open");
        insta::assert_snapshot!(seen("echo \"HTTP $1\"").await, @"the server on port 2300 does not speak SSH: `HTTP 2300`");
        insta::assert_snapshot!(seen("echo key >&2; echo no >&2; exit 111").await, @"cannot connect to the host of engine `tcp://far:1` over SSH: key; no");
        insta::assert_snapshot!(seen("echo booting >&2; exit 113").await, @"no SSH server answered on port 2300 within 0 s: booting");
        insta::assert_snapshot!(seen("exec sleep 5").await, @"no SSH server answered on port 2300 within 0 s: connected, but the server sent nothing");
    }

    #[tokio::test]
    async fn what_was_looked_at_is_still_there() -> io::Result<()> {
        use tokio::io::AsyncReadExt as _;

        let mut child = tokio::process::Command::new("sh");
        let child = child.args(["-c", "printf ab; read x; printf cd"]);
        let child = child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut stream = ChildStream::new(child.stderr(std::process::Stdio::piped()).spawn()?)?;
        assert_eq!(stream.peek().await?, b"ab");
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        assert_eq!(text, "abcd");
        Ok(())
    }
}
