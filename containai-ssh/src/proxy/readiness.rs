//! Waiting for an SSH server behind a proxy.

use std::io;
use std::time::{Duration, Instant};

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};
use tokio::time::{sleep, timeout};

use super::proxy_stream::ProxyStream;
use super::route::ProxyRoute;
use crate::readiness::{Banner, classify_banner};
use crate::transport::Transport;

/// The timeout where the caller retries.
pub(crate) const SHORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of one silent connection; a proxy may be slow.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// The pause between two attempts, each of which is a login on the remote
/// machine.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// The result of one attempt.
enum ProxyProbe {
    Ready(Box<ProxyStream>),
    NotSsh(String),
    NotReady(String),
    Unreachable(String),
}

/// Waits until an SSH server responds on a port of the remote engine's machine.
/// An unreachable machine is an error at once.
pub(crate) async fn wait_ready(
    route: &ProxyRoute,
    port: HostPort,
    max_wait: Duration,
) -> Result<Transport, RemoteError> {
    let start = Instant::now();
    loop {
        let left = max_wait.saturating_sub(start.elapsed());
        let attempt = timeout(ATTEMPT_TIMEOUT.min(left), probe(route, port)).await;
        let last = match attempt {
            Ok(Ok(ProxyProbe::Ready(stream))) => return Ok(Transport::over(stream)),
            Ok(Ok(ProxyProbe::NotSsh(spoke))) => {
                return Err(RemoteError::NotSsh { peer: Peer::Container(port), received: spoke });
            }
            Ok(Ok(ProxyProbe::Unreachable(said))) => {
                return Err(unreachable_engine(route, said.into()));
            }
            Ok(Err(error)) => return Err(unreachable_engine(route, error.into())),
            Ok(Ok(ProxyProbe::NotReady(last))) => last,
            Err(_) => "connected, but the server sent nothing".to_owned(),
        };
        if start.elapsed() + RETRY_INTERVAL >= max_wait {
            return Err(RemoteError::NotReady {
                peer: Peer::Container(port),
                waited: max_wait,
                last,
            });
        }
        sleep(RETRY_INTERVAL).await;
    }
}

async fn probe(route: &ProxyRoute, port: HostPort) -> io::Result<ProxyProbe> {
    let mut stream = ProxyStream::new(route.spawn_command(port).spawn()?)?;
    let mut before = 0;
    loop {
        let said = stream.peek().await?;
        if said.len() == before {
            let (status, said) = stream.finish().await;
            return Ok(match route.is_not_ready(status, &said) {
                true if said.is_empty() => {
                    ProxyProbe::NotReady("the connection was closed".to_owned())
                }
                true => ProxyProbe::NotReady(said),
                false => ProxyProbe::Unreachable(said),
            });
        }
        before = said.len();
        match classify_banner(said) {
            Some(Banner::Ssh) => return Ok(ProxyProbe::Ready(Box::new(stream))),
            Some(Banner::Busy(said)) => return Ok(ProxyProbe::NotReady(said)),
            Some(Banner::NotSsh(said)) => return Ok(ProxyProbe::NotSsh(said)),
            None => {}
        }
    }
}

fn unreachable_engine(route: &ProxyRoute, source: containai_core::BoxError) -> RemoteError {
    RemoteError::EngineHostUnreachable { engine: route.engine.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::ProxyKind;

    async fn outcome(script: &str) -> String {
        let program = ProxyKind::Command(["sh", "-c", script, "sh"].map(str::to_owned).into());
        let route = ProxyRoute { engine: "tcp://far:1".to_owned(), kind: program };
        let port = HostPort::new(2300).expect("a port");
        match wait_ready(&route, port, Duration::from_millis(600)).await {
            Ok(_) => "open".to_owned(),
            Err(error) => {
                let source = std::error::Error::source(&error);
                source.map_or(error.to_string(), |source| format!("{error}: {source}"))
            }
        }
    }

    #[tokio::test]
    async fn reports_what_the_proxy_reaches() {
        assert_eq!(
            outcome("printf 'SSH-2'; sleep 0.1; printf '.0-x\\r\\n'; sleep 1").await,
            "open"
        );
        insta::assert_snapshot!(outcome("echo \"HTTP $1\"").await, @"the server on port 2300 does not speak SSH: `HTTP 2300`");
        insta::assert_snapshot!(outcome("echo key >&2; echo no >&2; exit 111").await, @"cannot connect to the host of engine `tcp://far:1` over SSH: key; no");
        insta::assert_snapshot!(outcome("echo booting >&2; exit 113").await, @"no SSH server answered on port 2300 within 0 s: booting");
        insta::assert_snapshot!(outcome("exec sleep 5").await, @"no SSH server answered on port 2300 within 0 s: connected, but the server sent nothing");
    }

    #[tokio::test]
    async fn peeked_bytes_are_read_again() -> io::Result<()> {
        use tokio::io::AsyncReadExt as _;

        let mut child = tokio::process::Command::new("sh");
        let child = child.args(["-c", "printf ab; read x; printf cd"]);
        let child = child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut stream = ProxyStream::new(child.stderr(std::process::Stdio::piped()).spawn()?)?;
        assert_eq!(stream.peek().await?, b"ab");
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        assert_eq!(text, "abcd");
        Ok(())
    }
}
