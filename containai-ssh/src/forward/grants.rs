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

use super::listener::Stream;
use super::notice::{Notice, Notices};
use super::relay::relay;

/// The maximum number of concurrent channels that a server opens.
const MOST: usize = 256;

/// The channels that the server may open, because the client requested them.
/// Initially none.
#[derive(Clone)]
pub(crate) struct Grants {
    table: Arc<Mutex<Table>>,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct Table {
    agent: Option<Agent>,
    ways: HashMap<Origin, (Endpoint, Notices)>,
}

/// The address on which the server listens for the client, as in the request
/// and in the channels that the server opens.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Origin {
    /// Address and port.
    Tcp(String, u32),
    /// The path of a socket.
    Unix(String),
}

/// The SSH agent of this machine.
#[derive(Clone)]
pub(crate) struct Agent {
    /// Its socket.
    pub(crate) socket: PathBuf,
    /// The binding that identifies the connection of a request to the agent, so
    /// that a key restricted to certain hosts is used for those only: OpenSSH's
    /// `PROTOCOL.agent`, `session-bind@openssh.com`.
    pub(crate) binding: Option<Arc<AgentSessionBinding>>,
}

impl Default for Grants {
    fn default() -> Self {
        Self { table: Arc::default(), room: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Grants {
    /// Allows the server to reach the agent.
    pub(crate) fn lend(&self, agent: Agent) {
        self.table().agent = Some(agent);
    }

    /// Answers the server's request to open the agent.
    pub(crate) async fn open_agent(&self, channel: Channel<Msg>, reply: ChannelOpenHandle) {
        let agent = self.table().agent.clone();
        let Some(agent) = agent else {
            return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        };
        self.serve(channel, reply, async move { agent.connect().await }).await;
    }

    /// Allows the server to forward connections to a local target.
    pub(crate) fn lead(&self, origin: Origin, target: Endpoint, notices: Notices) {
        self.table().ways.insert(origin, (target, notices));
    }

    /// Answers the server's request to forward a connection.
    pub(crate) async fn open_way(
        &self,
        origin: &Origin,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
    ) {
        let way = self.table().ways.get(origin).cloned();
        let Some((target, notices)) = way else {
            return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        };
        let connect = async move {
            let outcome = connect(&target).await;
            if let Err(error) = &outcome {
                let (target, reason) = (target.to_string(), error.to_string());
                notices.tell(Notice::RefusedHere { target, reason });
            }
            outcome
        };
        self.serve(channel, reply, connect).await;
    }

    /// Connects and relays in a task of its own, so that the SSH connection
    /// never waits for it.
    async fn serve<S>(
        &self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        connect: impl Future<Output = std::io::Result<S>> + Send + 'static,
    ) where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
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

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(target: &Endpoint) -> std::io::Result<Box<dyn Stream>> {
    Ok(match target {
        Endpoint::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), port.get())).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

impl Agent {
    async fn connect(&self) -> std::io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        if let Some(binding) = &self.binding {
            // An agent without this extension has no restricted keys either.
            let _ = AgentClient::connect(&mut stream).bind_session(binding, true).await;
        }
        Ok(stream)
    }
}
