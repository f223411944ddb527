//! A server that opens forbidden channels, and records the client's requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use containai_core::naming::HostPort;
use containai_core::remote::{HostKey, Remote};
use containai_ssh::{Command, ExitOutcome, Input, SshRemote};
use russh::keys::{Algorithm, PrivateKey, key::safe_rng};
use russh::server::{self, Auth, ChannelOpenHandle, Msg, Session};
use russh::{Channel, ChannelId, Pty, Sig};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::sshd::container_name;

/// A test server on a free port, pinned in a home directory of its own.
pub(crate) struct TestServer {
    pub(crate) home: TempDir,
    pub(crate) port: HostPort,
    pub(crate) remote: SshRemote,
    events: Events,
}

/// The recorded requests of clients, and their replies.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn push(&self, what: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl TestServer {
    pub(crate) async fn start() -> Result<Self> {
        Self::with(server::Config::default()).await
    }

    /// Starts a server with other limits.
    pub(crate) async fn with(config: server::Config) -> Result<Self> {
        let home = TempDir::new()?;
        let remote = crate::sshd::remote(home.path())?;
        let key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519)?;
        let host_key = HostKey::parse(&key.public_key().to_openssh()?)?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = HostPort::new(listener.local_addr()?.port())?;
        remote.register(&container_name()?, port, &host_key).await?;
        let config = Arc::new(server::Config { keys: vec![key], nodelay: true, ..config });
        let heard = Events::default();
        let client = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = TestHandler { heard: client.clone(), digest: None };
                if let Ok(running) = server::run_stream(Arc::clone(&config), stream, handler).await
                {
                    tokio::spawn(running);
                }
            }
        });
        Ok(Self { home, port, remote, events: heard })
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.events.all()
    }

    pub(crate) async fn session(&self) -> Result<containai_ssh::Session> {
        Ok(self.remote.authenticate(self.remote.wait_ready(self.port).await?, self.port).await?)
    }
}

/// The server's side of one connection.
struct TestHandler {
    heard: Events,
    /// The hash of the data of a channel, if requested.
    digest: Option<Sha256>,
}

impl server::Handler for TestHandler {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn tcpip_forward(
        &mut self,
        _: &str,
        _: &mut u32,
        _: &mut Session,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let line = String::from_utf8_lossy(line).into_owned();
        let (handle, heard) = (session.handle(), self.heard.clone());
        if line.contains("refuse") {
            return session.channel_failure(channel);
        }
        session.channel_success(channel)?;
        if line.contains("attack") {
            tokio::spawn(attack(handle, heard, channel));
        } else if line.contains("status-255") {
            self.heard.push("ran");
            session.exit_status_request(channel, 255)?;
            session.close(channel)?;
        } else if line.contains("digest") {
            self.digest = Some(Sha256::new());
        } else if line.contains("flood") {
            tokio::spawn(flood(handle, channel));
        } else if line.contains("vanish") {
            let _ = handle.close(channel).await;
        } else {
            session.data(channel, &b"running\n"[..])?;
        }
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match &mut self.digest {
            Some(digest) => {
                digest.update(data);
                // The echoed data has to be complete, too.
                session.data(channel, data.to_vec())
            }
            None => Ok(()),
        }
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(digest) = self.digest.take() {
            self.heard.push(crate::hostile_flow::hex(&digest.finalize()));
            session.exit_status_request(channel, 0)?;
            session.eof(channel)?;
            session.close(channel)?;
        }
        Ok(())
    }

    async fn signal(
        &mut self,
        channel: ChannelId,
        signal: Sig,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.heard.push(format!("{signal:?}"));
        if matches!(signal, Sig::TERM) {
            session.exit_signal_request(channel, Sig::TERM, false, "", "")?;
            session.close(channel)?;
        }
        Ok(())
    }
}

/// The number of bytes that [`flood`] writes.
pub(crate) const FLOOD: usize = 16 << 20;

/// Writes to standard error only.
async fn flood(server: server::Handle, channel: ChannelId) {
    for _ in 0..FLOOD / (32 << 10) {
        if server.extended_data(channel, 1, vec![b'e'; 32 << 10]).await.is_err() {
            return;
        }
    }
    let _ = server.exit_status_request(channel, 7).await;
    let _ = server.close(channel).await;
}

/// Opens every kind of channel to the client.
async fn attack(server: server::Handle, heard: Events, channel: ChannelId) {
    let answers = [
        ("agent", server.channel_open_agent().await.is_ok()),
        ("x11", server.channel_open_x11("127.0.0.1", 1).await.is_ok()),
        ("session", server.channel_open_session().await.is_ok()),
        (
            "direct-tcpip",
            server.channel_open_direct_tcpip("127.0.0.1", 22, "127.0.0.1", 1).await.is_ok(),
        ),
        (
            "direct-streamlocal",
            server.channel_open_direct_streamlocal("/run/docker.sock").await.is_ok(),
        ),
        (
            "forwarded-tcpip",
            server.channel_open_forwarded_tcpip("127.0.0.1", 22, "127.0.0.1", 1).await.is_ok(),
        ),
        (
            "forwarded-streamlocal",
            server.channel_open_forwarded_streamlocal("/run/docker.sock").await.is_ok(),
        ),
    ];
    for (kind, is_open) in answers {
        heard.push(format!("{kind}: {}", if is_open { "open" } else { "refused" }));
    }
    let _ = server.exit_status_request(channel, 0).await;
    let _ = server.close(channel).await;
}

#[tokio::test]
async fn channels_opened_by_the_server_are_rejected() -> Result<()> {
    let server = TestServer::start().await?;
    let session = server.session().await?;
    let command = Command::new(["attack"])?;
    let attack = session.output(&command, Input::Null);
    let captured =
        tokio::time::timeout(Duration::from_secs(10), attack).await.context("timed out")??;
    assert_eq!(captured.outcome, ExitOutcome::Status(0));
    insta::assert_snapshot!(server.events().join("\n"), @r"
    agent: refused
    x11: refused
    session: refused
    direct-tcpip: refused
    direct-streamlocal: refused
    forwarded-tcpip: refused
    forwarded-streamlocal: refused
    ");
    Ok(())
}

#[tokio::test]
async fn refusals_and_broken_connections_are_errors() -> Result<()> {
    let server = TestServer::start().await?;
    let session = server.session().await?;
    let error = session.output(&Command::new(["refuse"])?, Input::Null).await.unwrap_err();
    assert_eq!(error.to_string(), "the SSH server refused to run a command");
    let terminal = containai_ssh::Terminal::Request {
        term: "xterm".to_owned(),
        size: containai_ssh::TerminalSize::default(),
    };
    let shell = session.shell(terminal, containai_ssh::Stdio::default());
    assert_eq!(shell.await.unwrap_err().to_string(), "the SSH server refused a terminal");
    let error = session.output(&Command::new(["vanish"])?, Input::Null).await.unwrap_err();
    let shown = format!("{error}").replace(&server.port.to_string(), "PORT");
    assert_eq!(shown, "the SSH connection to port PORT failed");
    Ok(())
}

#[tokio::test]
async fn an_allowed_forward_allows_nothing_else() -> Result<()> {
    use containai_core::remote::{Direction, Forward};

    let server = TestServer::start().await?;
    let session = server.session().await?;
    // The server opens ports and sockets other than this one.
    let forward = Forward::parse(Direction::Remote, "2222:localhost:1")?;
    let tunnel = containai_ssh::Tunnel::open(vec![forward]).await?;
    tunnel.listen_remote(&session).await?;
    let command = Command::new(["attack"])?;
    let attack = session.output(&command, Input::Null);
    tokio::time::timeout(Duration::from_secs(10), attack).await.context("timed out")??;
    let heard = server.events();
    assert!(heard.iter().all(|line| line.ends_with("refused")) && heard.len() == 7, "{heard:?}");
    Ok(())
}
