//! An in-memory remote.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::ContainerId;
use crate::naming::{ContainerName, HostPort, PortRange};
use crate::remote::{HostKey, Peer, Remote, RemoteError, ReservedPort};

/// An in-memory remote; see [the module](crate::testing). The container behind a port is
/// the one set by [`Self::serve`], or else `id-1`.
#[derive(Debug, Default)]
pub struct FakeRemote {
    pins: Mutex<BTreeMap<HostPort, HostKey>>,
    servers: Mutex<BTreeMap<HostPort, ContainerId>>,
    rival_listeners: Mutex<BTreeMap<HostPort, bool>>,
    failing_connections: Mutex<u32>,
    rejected_keys: Mutex<u32>,
}

/// An in-memory connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FakeConnection {
    /// The port of the container.
    pub port: HostPort,
    /// The key that was verified.
    pub key: HostKey,
}

impl FakeRemote {
    /// Creates a remote without pinned keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the SSH server of a container behind the port.
    pub fn serve(&self, port: HostPort, id: &ContainerId) {
        lock(&self.servers).insert(port, id.clone());
    }

    /// Lets another program listen on the port right after the port was reserved once.
    pub fn take_port_after_reservation(&self, port: HostPort) {
        lock(&self.rival_listeners).insert(port, false);
    }

    /// Makes the next `sessions` connections fail while they are opened, as with a server
    /// that is shutting down.
    pub fn fail_next_connections(&self, sessions: u32) {
        *lock(&self.failing_connections) = sessions;
    }

    /// Makes the servers reject the key in the next `times` authentications.
    pub fn reject_key(&self, times: u32) {
        *lock(&self.rejected_keys) = times;
    }

    /// Pins the key of another container for the port.
    pub fn pin_stale(&self, port: HostPort, id: &ContainerId) {
        lock(&self.pins).insert(port, fake_host_key(id));
    }
}

/// Returns the host key that the test doubles assign to a container.
pub(super) fn fake_host_key(id: &ContainerId) -> HostKey {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let seed = hasher.finish();
    let blob: String =
        (0..43).map(|n| char::from(ALPHABET[(seed.rotate_left(n) & 63) as usize])).collect();
    HostKey::parse(&format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{blob}"))
        .unwrap_or_else(|error| panic!("invalid fake key: {error}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Remote for FakeRemote {
    type Transport = HostKey;
    type Connection = FakeConnection;
    type Reservation = ();

    async fn authorized_key(&self) -> Result<String, RemoteError> {
        Ok("ssh-ed25519 AAAA containai".to_owned())
    }

    async fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> Result<ReservedPort<()>, RemoteError> {
        let mut rivals = lock(&self.rival_listeners);
        let is_listening = |port: &HostPort| rivals.get(port).copied().unwrap_or_default();
        let free = range.iter().find(|port| !reserved.contains_key(port) && !is_listening(port));
        if let Some(listens) = free.and_then(|port| rivals.get_mut(&port)) {
            *listens = true;
        }
        let port = free.ok_or_else(|| RemoteError::NoFreePort {
            start: range.start().get(),
            end: range.end().get(),
            holders: reserved.values().cloned().collect(),
        })?;
        Ok(ReservedPort { port, reservation: () })
    }

    async fn wait_ready(&self, port: HostPort) -> Result<HostKey, RemoteError> {
        let behind = lock(&self.servers).get(&port).cloned();
        Ok(fake_host_key(&behind.unwrap_or_else(|| ContainerId::new("id-1"))))
    }

    async fn pinned_host_key(&self, port: HostPort) -> Result<Option<HostKey>, RemoteError> {
        Ok(lock(&self.pins).get(&port).cloned())
    }

    async fn register(
        &self,
        _: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> Result<(), RemoteError> {
        lock(&self.pins).insert(port, key.clone());
        Ok(())
    }

    async fn authenticate(
        &self,
        door: HostKey,
        port: HostPort,
    ) -> Result<FakeConnection, RemoteError> {
        let mut closed = lock(&self.failing_connections);
        if let Some(left) = closed.checked_sub(1) {
            *closed = left;
            let peer = Peer::Container(port);
            return Err(RemoteError::Connection { peer, source: "early eof".into() });
        }
        match lock(&self.pins).get(&port) {
            None => Err(RemoteError::NotPinned { port: port.get() }),
            Some(pinned) if *pinned == door => {
                let mut rejected = lock(&self.rejected_keys);
                if let Some(left) = rejected.checked_sub(1) {
                    *rejected = left;
                    let (peer, identity) = (Peer::Container(port), "id_containai".into());
                    return Err(RemoteError::KeyRejected { peer, identity });
                }
                Ok(FakeConnection { port, key: door })
            }
            Some(pinned) => Err(RemoteError::HostKeyMismatch {
                peer: Peer::Container(port),
                pinned: pinned.to_string(),
                presented: door.to_string(),
            }),
        }
    }

    async fn unregister(&self, _: &ContainerName, port: HostPort) -> Result<(), RemoteError> {
        lock(&self.pins).remove(&port);
        Ok(())
    }
}
