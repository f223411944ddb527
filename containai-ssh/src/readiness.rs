//! Waiting for a container's SSH server.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};
use tokio::io::Interest;
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::{sleep, timeout};

use crate::transport::Transport;

/// The total timeout.
pub(crate) const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout where the caller retries.
pub(crate) const SHORT_TIMEOUT: Duration = Duration::from_millis(500);
/// The timeout of one silent connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two attempts, at first and at most.
const RETRY_INTERVAL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(50));
/// The identification of a server (RFC 4253 §4.2); 1.99 means 2.0 (§5.1).
const BANNERS: [&[u8]; 2] = [b"SSH-2.0-", b"SSH-1.99-"];
/// The messages of an overloaded OpenSSH server: sshd_config(5), `MaxStartups`
/// and `PerSourcePenalties`.
const BUSY_MESSAGES: [&[u8]; 2] = [b"Exceeded MaxStartups", b"Not allowed at this time"];

/// Waits until an SSH server responds on a port of 127.0.0.1.
///
/// The connection that found the server ready is used for the session: OpenSSH
/// 9.8 penalizes clients for connections without authentication, and refuses
/// them for a while.
pub(crate) async fn wait_ready(
    port: HostPort,
    max_wait: Duration,
) -> Result<Transport, RemoteError> {
    let (start, peer) = (Instant::now(), Peer::Container(port));
    let (mut pause, longest) = RETRY_INTERVAL;
    loop {
        let left = max_wait.saturating_sub(start.elapsed());
        let silent = || ServerProbe::NotReady("connected, but the server sent nothing".to_owned());
        let last = match timeout(ATTEMPT_TIMEOUT.min(left), probe_port(port))
            .await
            .unwrap_or_else(|_| silent())
        {
            ServerProbe::Ready(stream) => return Ok(Transport::tcp(stream)),
            ServerProbe::NotSsh(spoke) => {
                return Err(RemoteError::NotSsh { peer, received: spoke });
            }
            ServerProbe::NotReady(last) => last,
        };
        if start.elapsed() + pause >= max_wait {
            return Err(RemoteError::NotReady { peer, waited: max_wait, last });
        }
        sleep(pause).await;
        pause = longest.min(pause * 3 / 2);
    }
}

/// Connects to a port of 127.0.0.1 if an SSH server answers there now.
pub(crate) async fn connect_now(port: HostPort) -> Option<Transport> {
    match timeout(SHORT_TIMEOUT, probe_port(port)).await {
        Ok(ServerProbe::Ready(stream)) => Some(Transport::tcp(stream)),
        _ => None,
    }
}

/// Connects to a host once, without waiting for it to start.
pub(crate) async fn connect_once(name: &str, port: HostPort) -> Result<Transport, RemoteError> {
    let peer = Peer::Host { name: name.to_owned(), port };
    match timeout(ATTEMPT_TIMEOUT, probe((name, port.get()))).await {
        Ok(Ok(ServerProbe::Ready(stream))) => Ok(Transport::tcp(stream)),
        Ok(Ok(ServerProbe::NotSsh(spoke))) => Err(RemoteError::NotSsh { peer, received: spoke }),
        Ok(Ok(ServerProbe::NotReady(last))) => {
            Err(RemoteError::Connection { peer, source: last.into() })
        }
        Ok(Err(error)) => Err(RemoteError::Connection { peer, source: error.into() }),
        Err(_) => Err(RemoteError::NotReady {
            peer,
            waited: ATTEMPT_TIMEOUT,
            last: "the server sent nothing".to_owned(),
        }),
    }
}

/// The result of one attempt.
enum ServerProbe {
    Ready(TcpStream),
    NotSsh(String),
    NotReady(String),
}

async fn probe_port(port: HostPort) -> ServerProbe {
    match probe((Ipv4Addr::LOCALHOST, port.get())).await {
        Ok(greeting) => greeting,
        Err(error) => ServerProbe::NotReady(error.to_string()),
    }
}

async fn probe(address: impl ToSocketAddrs) -> std::io::Result<ServerProbe> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 128];
    loop {
        // Checked first: all bytes before the end can then be peeked.
        let has_ended = stream.ready(Interest::READABLE).await?.is_read_closed();
        let length = stream.peek(&mut buffer).await?;
        let said = &buffer[..length];
        // The engine's port proxy accepts connections before the server in the
        // container listens, and then closes them.
        if said.is_empty() {
            return Ok(ServerProbe::NotReady("the connection was closed immediately".to_owned()));
        }
        match classify_banner(said) {
            Some(Banner::Ssh) => return Ok(ServerProbe::Ready(stream)),
            Some(Banner::Busy(said)) => return Ok(ServerProbe::NotReady(said)),
            Some(Banner::NotSsh(said)) => return Ok(ServerProbe::NotSsh(said)),
            None => {}
        }
        if has_ended {
            return Ok(ServerProbe::NotReady(format!(
                "the server sent only `{}`",
                printable(said)
            )));
        }
        // Peeking consumes nothing, so readiness cannot be awaited.
        sleep(Duration::from_millis(1)).await;
    }
}

/// The meaning of a server's first bytes.
pub(crate) enum Banner {
    /// SSH.
    Ssh,
    /// SSH, but overloaded.
    Busy(String),
    /// Another protocol.
    NotSsh(String),
}

/// Classifies the first bytes of a server; `None` if they are incomplete.
pub(crate) fn classify_banner(said: &[u8]) -> Option<Banner> {
    if BANNERS.iter().any(|banner| said.starts_with(banner)) {
        return Some(Banner::Ssh);
    }
    if BUSY_MESSAGES.iter().any(|later| said.starts_with(later)) {
        return Some(Banner::Busy(printable(said)));
    }
    match BANNERS.iter().chain(&BUSY_MESSAGES).any(|known| known.starts_with(said)) {
        true => None,
        false => Some(Banner::NotSsh(printable(said))),
    }
}

/// Returns the first line, with control characters escaped.
fn printable(said: &[u8]) -> String {
    let line = said.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    String::from_utf8_lossy(line).chars().flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::transport::TransportStream;

    /// Answers each connection with the next text.
    fn serve(texts: &'static [&'static [u8]]) -> std::io::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        std::thread::spawn(move || {
            for text in texts {
                if let Ok((mut stream, _)) = listener.accept() {
                    let _ = stream.write_all(text);
                }
            }
        });
        Ok(port)
    }

    async fn check(texts: &'static [&'static [u8]], expected: &str) {
        let port = serve(texts).expect("a port is free");
        assert_eq!(outcome(port, READY_TIMEOUT).await, expected);
    }

    async fn outcome(port: u16, max_wait: Duration) -> String {
        let port = HostPort::new(port).expect("a listener has a port");
        match wait_ready(port, max_wait).await {
            Ok(_) => "open".to_owned(),
            Err(error) => error.to_string().replace(&port.to_string(), "PORT"),
        }
    }

    #[tokio::test]
    async fn waits_for_the_banner() {
        check(&[b"SSH-2.0-OpenSSH_9.6\r\n"], "open").await;
        check(&[b"", b"", b"SSH-2.0-x\r\n"], "open").await;
        check(&[b"SSH-", b"SSH-2.0-x\r\n"], "open").await;
        check(&[b"Not allowed at this time\r\n", b"SSH-2.0-x\r\n"], "open").await;
        check(
            &[b"HTTP/1.1 400 \x1b[2J\r\nServer: x\r\n"],
            "the server on port PORT does not speak SSH: `HTTP/1.1 400 \\u{1b}[2J`",
        )
        .await;
    }

    #[tokio::test]
    async fn a_host_is_contacted_once() -> Result<(), Box<dyn std::error::Error>> {
        let seen = async |texts| -> std::io::Result<String> {
            let port = HostPort::new(serve(texts)?).expect("a listener has a port");
            let error =
                connect_once("localhost", port).await.map(drop).map_err(|error| error.to_string());
            Ok(error.err().unwrap_or_default().replace(&port.to_string(), "PORT"))
        };
        insta::assert_snapshot!(seen(&[b"SSH-2.0-x\r\n"]).await?, @"");
        insta::assert_snapshot!(
            seen(&[b"220 mail\r\n"]).await?,
            @"the server on `localhost:PORT` does not speak SSH: `220 mail`"
        );
        insta::assert_snapshot!(
            seen(&[b"", b"SSH-2.0-x\r\n"]).await?,
            @"the SSH connection to `localhost:PORT` failed"
        );
        Ok(())
    }

    #[tokio::test]
    async fn times_out() -> std::io::Result<()> {
        // Bound, so that no other process listens there.
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        insta::assert_snapshot!(
            outcome(socket.local_addr()?.port(), Duration::from_millis(100)).await,
            @"no SSH server answered on port PORT within 0 s: Connection refused (os error 111)"
        );
        let silent = TcpListener::bind("127.0.0.1:0")?;
        insta::assert_snapshot!(
            outcome(silent.local_addr()?.port(), Duration::from_millis(100)).await,
            @"no SSH server answered on port PORT within 0 s: connected, but the server sent nothing"
        );
        Ok(())
    }

    #[tokio::test]
    async fn the_banner_is_left_unread() -> Result<(), Box<dyn std::error::Error>> {
        use tokio::io::AsyncReadExt;

        let port = HostPort::new(serve(&[b"SSH-2.0-x\r\n"])?)?;
        let transport = wait_ready(port, READY_TIMEOUT).await?;
        let TransportStream::Tcp(mut stream) = transport.stream else {
            panic!("{transport:?}");
        };
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        assert_eq!(text, "SSH-2.0-x\r\n");
        Ok(())
    }
}
