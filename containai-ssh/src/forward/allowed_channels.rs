//! The channels that the server may open.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use containai_core::remote::Endpoint;
use russh::client::{ChannelOpenHandle, Msg};
use russh::keys::agent::AgentSessionBinding;
use russh::keys::agent::client::AgentClient;
use russh::{Channel, ChannelOpenFailure};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;

use super::listener::ByteStream;
use super::relay::relay;
use super::warning::{ForwardWarning, WarningSender};

/// The maximum number of concurrent channels that a server opens.
const MAX_CHANNELS: usize = 256;

/// The channels that the server may open, because the client requested them.
/// Initially none.
#[derive(Clone)]
pub(crate) struct AllowedChannels {
    table: Arc<Mutex<AllowedTargets>>,
    slots: Arc<Semaphore>,
}

#[derive(Default)]
struct AllowedTargets {
    agent: Option<SshAgent>,
    forwards: HashMap<RemoteListenAddress, (Endpoint, WarningSender)>,
}

/// The address on which the server listens for the client, as in the request
/// and in the channels that the server opens.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum RemoteListenAddress {
    /// Address and port.
    Tcp(String, u32),
    /// The path of a socket.
    Unix(String),
}

/// The SSH agent of this machine.
#[derive(Clone)]
pub(crate) struct SshAgent {
    /// Its socket.
    pub(crate) socket: PathBuf,
    /// The binding that identifies the connection of a request to the agent, so
    /// that a key restricted to certain hosts is used for those only: OpenSSH's
    /// `PROTOCOL.agent`, `session-bind@openssh.com`.
    pub(crate) binding: Option<Arc<AgentSessionBinding>>,
}

impl Default for AllowedChannels {
    fn default() -> Self {
        Self { table: Arc::default(), slots: Arc::new(Semaphore::new(MAX_CHANNELS)) }
    }
}

impl AllowedChannels {
    /// Allows the server to reach the agent.
    pub(crate) fn allow_agent(&self, agent: SshAgent) {
        self.table().agent = Some(agent);
    }

    /// Answers the server's request to open the agent.
    pub(crate) async fn open_agent(&self, channel: Channel<Msg>, reply: ChannelOpenHandle) {
        let agent = self.table().agent.clone();
        let Some(agent) = agent else {
            return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        };
        self.relay_when_connected(channel, reply, async move { agent.connect().await }).await;
    }

    /// Allows the server to forward connections to a local target.
    pub(crate) fn allow_forward(
        &self,
        origin: RemoteListenAddress,
        target: Endpoint,
        warnings: WarningSender,
    ) {
        self.table().forwards.insert(origin, (target, warnings));
    }

    /// Answers the server's request to forward a connection.
    pub(crate) async fn open_forward(
        &self,
        origin: &RemoteListenAddress,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
    ) {
        let forward = self.table().forwards.get(origin).cloned();
        let Some((target, warnings)) = forward else {
            return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        };
        let connect = async move {
            let outcome = connect(&target).await;
            if let Err(error) = &outcome {
                let (target, reason) = (target.to_string(), error.to_string());
                warnings.send(ForwardWarning::LocalConnectFailed { target, reason });
            }
            outcome
        };
        self.relay_when_connected(channel, reply, connect).await;
    }

    /// Connects and relays in a task of its own, so that the SSH connection
    /// never waits for it.
    async fn relay_when_connected<S>(
        &self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        connect: impl Future<Output = std::io::Result<S>> + Send + 'static,
    ) where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() else {
            return reply.reject(ChannelOpenFailure::ResourceShortage).await;
        };
        tokio::spawn(async move {
            let _permit = permit;
            match connect.await {
                Ok(stream) => {
                    reply.accept().await;
                    relay(channel, stream).await;
                }
                Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            }
        });
    }

    fn table(&self) -> MutexGuard<'_, AllowedTargets> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(target: &Endpoint) -> std::io::Result<Box<dyn ByteStream>> {
    Ok(match target {
        Endpoint::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), port.get())).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

impl SshAgent {
    async fn connect(&self) -> std::io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        if let Some(binding) = &self.binding {
            // An agent without this extension has no restricted keys either.
            let _ = AgentClient::connect(&mut stream).bind_session(binding, true).await;
        }
        Ok(stream)
    }
}
