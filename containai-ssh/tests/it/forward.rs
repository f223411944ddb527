//! Forwards over a private `sshd`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use containai_core::remote::{Direction, Forward, RemoteError};
use containai_ssh::{ForwardWarning, Tunnel};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::sshd::{Sshd, free_port};

/// A tunnel served in the background.
struct ServedTunnel {
    serving: JoinHandle<()>,
    warnings: UnboundedReceiver<ForwardWarning>,
}

impl ServedTunnel {
    async fn start(sshd: &Sshd, forwards: &[(Direction, String)]) -> Result<Self> {
        let forwards = forwards.iter().map(|(direction, text)| Forward::parse(*direction, text));
        let mut tunnel = Tunnel::open(forwards.collect::<Result<_, _>>()?).await?;
        let session = sshd.session().await?;
        tunnel.listen_remote(&session).await?;
        let (sender, warning_receiver) = unbounded_channel();
        let serving = tokio::spawn(async move {
            tunnel.serve(session, |notice| drop(sender.send(notice.clone()))).await;
        });
        Ok(Self { serving, warnings: warning_receiver })
    }
}

impl Drop for ServedTunnel {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Reads to the end, and then answers with the number of bytes.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    stream.write_all(format!("{} bytes", bytes.len()).as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

fn serve_tcp(listener: TcpListener) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
}

fn serve_unix(path: &Path) -> Result<()> {
    let listener = UnixListener::bind(path)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    Ok(())
}

/// Sends much data, closes, and reads the answer: half-close in both
/// directions.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<String> {
    let talk = async {
        stream.write_all(&vec![7; 3 << 20]).await?;
        stream.shutdown().await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        anyhow::Ok(text)
    };
    timeout(Duration::from_secs(20), talk).await.context("no answer")?
}

const ANSWER: &str = "3145728 bytes";

async fn echo() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    serve_tcp(listener);
    Ok(port)
}

#[tokio::test]
async fn ports_and_sockets_are_forwarded_both_ways() -> Result<()> {
    let sshd = Sshd::start().await?;
    let target = echo().await?;
    let at = |name: &str| sshd.dir.path().join(name);
    serve_unix(&at("target"))?;
    let socket = |name: &str| at(name).display().to_string();
    let ports = [free_port()?, free_port()?, free_port()?, free_port()?];
    for direction in [Direction::Local, Direction::Remote] {
        let (tcp, unix) = (ports[0], ports[1]);
        let [a, b] = [socket("a"), socket("b")];
        let _served = ServedTunnel::start(
            &sshd,
            &[
                (direction, format!("{tcp}:localhost:{target}")),
                (direction, format!("127.0.0.1:{unix}:{}", socket("target"))),
                (direction, format!("{a}:127.0.0.1:{target}")),
                (direction, format!("{b}:{}", socket("target"))),
            ],
        )
        .await?;
        for port in [tcp, unix] {
            assert_eq!(ask(TcpStream::connect(("127.0.0.1", port.get())).await?).await?, ANSWER);
        }
        for path in [&a, &b] {
            assert_eq!(ask(UnixStream::connect(path).await?).await?, ANSWER);
        }
        if direction == Direction::Remote {
            break;
        }
        drop(_served);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!Path::new(&a).exists(), "the socket is removed with the tunnel");
    }
    Ok(())
}

#[tokio::test]
async fn one_slow_reader_does_not_stall_others() -> Result<()> {
    let sshd = Sshd::start().await?;
    let source = TcpListener::bind("127.0.0.1:0").await?;
    let (endless, target) = (source.local_addr()?.port(), echo().await?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = source.accept().await {
            tokio::spawn(async move { stream.write_all(&vec![0; 8 << 20]).await });
        }
    });
    let (slow, quick) = (free_port()?, free_port()?);
    let _served = ServedTunnel::start(
        &sshd,
        &[
            (Direction::Local, format!("{slow}:localhost:{endless}")),
            (Direction::Local, format!("{quick}:localhost:{target}")),
        ],
    )
    .await?;
    let mut lazy = TcpStream::connect(("127.0.0.1", slow.get())).await?;
    lazy.read_exact(&mut [0; 1]).await?;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..16 {
        asked
            .spawn(async move { ask(TcpStream::connect(("127.0.0.1", quick.get())).await?).await });
    }
    while let Some(answer) = asked.join_next().await {
        assert_eq!(answer??, ANSWER);
    }
    let mut rest = Vec::new();
    lazy.read_to_end(&mut rest).await?;
    assert_eq!(rest.len() + 1, 8 << 20);
    Ok(())
}

#[tokio::test]
async fn curl_connects_through_socks() -> Result<()> {
    let sshd = Sshd::start().await?;
    let web = TcpListener::bind("127.0.0.1:0").await?;
    let (port, socks) = (web.local_addr()?.port(), free_port()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nthrough").await;
        }
    });
    let mut served = ServedTunnel::start(&sshd, &[(Direction::Dynamic, socks.to_string())]).await?;
    for scheme in ["socks5", "socks5h", "socks4", "socks4a"] {
        let output = tokio::process::Command::new("curl")
            .args(["-s", "--noproxy", "", "-x", &format!("{scheme}://127.0.0.1:{socks}")])
            .arg(format!("http://127.0.0.1:{port}/"))
            .output()
            .await?;
        assert_eq!(String::from_utf8_lossy(&output.stdout), "through", "{scheme}: {output:?}");
    }
    for _ in 0..2 {
        let refused = tokio::process::Command::new("curl")
            .args(["-s", "-x", &format!("socks5h://127.0.0.1:{socks}"), "http://127.0.0.1:1/"])
            .status()
            .await?;
        assert_eq!(refused.code(), Some(97), "curl: the proxy refused");
    }
    let notice = served.warnings.recv().await.context("no warning")?;
    assert_eq!(notice.to_string(), "the container cannot connect to `127.0.0.1:1`");
    assert!(served.warnings.try_recv().is_err(), "it is reported once");
    Ok(())
}

#[tokio::test]
async fn a_refusing_target_is_reported_once() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (here, inside) = (free_port()?, free_port()?);
    let mut served = ServedTunnel::start(
        &sshd,
        &[
            (Direction::Local, format!("{here}:127.0.0.1:1")),
            (Direction::Remote, format!("{inside}:127.0.0.1:2")),
        ],
    )
    .await?;
    let mut received = Vec::new();
    for port in [here, inside] {
        for _ in 0..3 {
            let mut stream = TcpStream::connect(("127.0.0.1", port.get())).await?;
            // Closed or reset.
            let _ = timeout(Duration::from_secs(5), stream.read(&mut [0])).await?;
        }
        received.push(served.warnings.recv().await.context("no warning")?.to_string());
    }
    assert_eq!(received[0], "the container cannot connect to `127.0.0.1:1`");
    assert!(
        received[1].starts_with("cannot connect to `127.0.0.1:2`: Connection refused"),
        "{received:?}"
    );
    assert!(served.warnings.try_recv().is_err());
    Ok(())
}

#[tokio::test]
async fn occupied_addresses_are_errors() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0").await?;
    let port = taken.local_addr()?.port();
    let open = |text: String| async move {
        let forward = Forward::parse(Direction::Local, &text)?;
        anyhow::Ok(Tunnel::open(vec![forward]).await.err())
    };
    let error = open(format!("{port}:localhost:80")).await?.context("the address is not in use")?;
    let us = format!("(process {})", std::process::id());
    assert!(matches!(&error, RemoteError::CannotListen { .. }), "{error:?}");
    assert!(error.to_string().ends_with(&us), "{error}");

    let dir = tempfile::TempDir::new()?;
    let path = dir.path().join("socket");
    let listener = UnixListener::bind(&path)?;
    let text = format!("{}:localhost:80", path.display());
    assert!(open(text.clone()).await?.is_some(), "the socket has a listener");
    drop(listener);
    assert!(open(text).await?.is_none(), "the socket has no listener");

    let sshd = Sshd::start().await?;
    let inside = ServedTunnel::start(
        &sshd,
        &[(Direction::Remote, format!("127.0.0.1:{port}:localhost:80"))],
    )
    .await;
    let error = inside.err().context("the address is not in use")?.to_string();
    assert_eq!(error, format!("the container cannot listen on `127.0.0.1:{port}`"));
    Ok(())
}

#[tokio::test]
async fn local_listeners_outlive_a_connection() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (target, port) = (echo().await?, free_port()?);
    let forward = Forward::parse(Direction::Local, &format!("{port}:localhost:{target}"))?;
    let mut tunnel = Tunnel::open(vec![forward]).await?;
    let first = sshd.session().await?;
    let stranger = TcpStream::connect(("127.0.0.1", port.get())).await?;
    let serving = async {
        let end = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let sessions = format!("pkill -P {} || kill {}", sshd.pid(), sshd.pid());
            std::process::Command::new("sh").args(["-c", &sessions]).status()
        };
        let (_, ended) = tokio::join!(tunnel.serve(first, |_| {}), end);
        ended
    };
    timeout(Duration::from_secs(10), serving)
        .await
        .context("the closed connection is not detected")??;
    drop(stranger);
    // A client that connects between two connections waits.
    let waiting = TcpStream::connect(("127.0.0.1", port.get())).await?;
    let second = sshd.session().await?;
    let served = tokio::spawn(async move { tunnel.serve(second, |_| {}).await });
    assert_eq!(ask(waiting).await?, ANSWER);
    served.abort();
    Ok(())
}
