//! Servers that close, stall or send garbage before authentication.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use containai_core::layout::Layout;
use containai_core::naming::HostPort;
use containai_core::remote::{Peer, Remote, RemoteError};
use containai_ssh::{SshIdentity, SshServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::sshd::{Sshd, container_name, current_user};

/// The action of the proxy after the given number of bytes.
#[derive(Clone, Copy, Debug)]
enum AfterCut {
    Close,
    Stall,
}

/// Starts a proxy that passes this many bytes of a real server.
async fn truncating_proxy(sshd: &Sshd, bytes: u64, then: AfterCut) -> Result<HostPort> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = HostPort::new(listener.local_addr()?.port())?;
    let target = sshd.port.get();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let server = TcpStream::connect(("127.0.0.1", target)).await?;
                let (mut from_client, mut to_client) = client.into_split();
                let (from_server, mut to_server) = server.into_split();
                let upward =
                    tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
                copy(&mut from_server.take(bytes), &mut to_client).await?;
                if let AfterCut::Stall = then {
                    std::future::pending::<()>().await;
                }
                upward.abort();
                to_client.shutdown().await
            });
        }
    });
    Ok(port)
}

/// Starts a server that sends these bytes and then only reads.
async fn serve_bytes(words: Vec<u8>) -> Result<HostPort> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = HostPort::new(listener.local_addr()?.port())?;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let words = words.clone();
            tokio::spawn(async move {
                // The client disconnects in between.
                let _ = client.write_all(&words).await;
                let _ = client.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    Ok(port)
}

fn host(sshd: &Sshd, port: HostPort) -> Result<(SshServer, SshIdentity)> {
    let host = SshServer::new("127.0.0.1", port, current_user()?, sshd.host_key.clone());
    Ok((host, SshIdentity::read(Layout::new(&sshd.home(), None, None).identity())?))
}

/// Positions in a handshake, in bytes of the server: in its identification,
/// after it, in its key exchange message, in its reply. The whole handshake is
/// longer.
const CUT_POINTS: [u64; 7] = [0, 1, 8, 30, 200, 900, 1_200];

#[tokio::test]
async fn a_cut_handshake_fails_at_once() -> Result<()> {
    let sshd = Sshd::start().await?;
    for bytes in CUT_POINTS {
        let (host, identity) = host(&sshd, truncating_proxy(&sshd, bytes, AfterCut::Close).await?)?;
        let start = Instant::now();
        let error = host.connect(&identity).await.expect_err("the handshake is cut");
        ensure!(start.elapsed() < Duration::from_secs(5), "{bytes}: {:?}", start.elapsed());
        let expected = Peer::Host { name: host.name, port: host.port };
        match error {
            RemoteError::Connection { peer, .. } => assert_eq!(peer, expected, "{bytes}"),
            error => panic!("after {bytes} bytes: {error:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stalled_handshake_times_out() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut tasks = JoinSet::new();
    for bytes in CUT_POINTS {
        let (host, identity) = host(&sshd, truncating_proxy(&sshd, bytes, AfterCut::Stall).await?)?;
        tasks.spawn(async move {
            let start = Instant::now();
            (bytes, host.connect(&identity).await.err(), start.elapsed())
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (bytes, error, elapsed) = done?;
        // Ten seconds for the first bytes, thirty for the rest.
        let limit = if bytes < 8 { 10 } else { 30 };
        ensure!((limit..limit + 5).contains(&elapsed.as_secs()), "{bytes}: {elapsed:?}");
        match error {
            Some(RemoteError::NotReady { .. }) if bytes < 8 => {}
            Some(RemoteError::HandshakeTimeout { .. }) if bytes >= 8 => {}
            other => panic!("after {bytes} bytes: {other:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_server_costs_one_timeout() -> Result<()> {
    let sshd = Sshd::start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = HostPort::new(listener.local_addr()?.port())?;
    sshd.remote.register(&container_name()?, port, &sshd.host_key).await?;
    let serving = async {
        let mut clients = Vec::new();
        while let Ok((mut client, _)) = listener.accept().await {
            client.write_all(b"SSH-2.0-x\r\n").await?;
            clients.push(client);
        }
        anyhow::Ok(())
    };
    let start = Instant::now();
    let connecting =
        async { sshd.remote.authenticate(sshd.remote.wait_ready(port).await?, port).await };
    let error = tokio::select! {
        outcome = connecting => outcome.expect_err("the server is silent"),
        _ = serving => unreachable!("the listener is open"),
    };
    ensure!(matches!(error, RemoteError::HandshakeTimeout { .. }), "{error:?}");
    ensure!((30..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn garbage_is_rejected() -> Result<()> {
    let sshd = Sshd::start().await?;
    let long = |start: &str| [start.as_bytes(), &vec![b'x'; 1 << 20][..]].concat();
    let lines = b"HTTP/1.1 400 no\r\n".repeat(1 << 16);
    let mut packet = b"SSH-2.0-x\r\n".to_vec();
    packet.extend([0xff; 64]);
    let mut zeros = b"SSH-2.0-x\r\n".to_vec();
    zeros.extend(vec![0; 1 << 20]);
    for (what, words, is_ssh) in [
        ("a name of 1 MiB", long("SSH-2.0-"), true),
        ("a line of 1 MiB", long("220 "), false),
        ("lines of 1 MiB", lines, false),
        ("a packet of 4 GiB", packet, true),
        ("packets of nothing", zeros, true),
    ] {
        let (host, identity) = host(&sshd, serve_bytes(words).await?)?;
        let start = Instant::now();
        let error = host.connect(&identity).await.expect_err("the bytes are garbage");
        ensure!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
        match error {
            RemoteError::Connection { .. } if is_ssh => {}
            RemoteError::NotSsh { received: spoke, .. } if !is_ssh => {
                ensure!(spoke.len() <= 128, "{spoke}");
            }
            error => panic!("{what}: {error:?}"),
        }
    }
    Ok(())
}
