//! An in-memory remote.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::ContainerId;
use crate::naming::{ContainerName, HostPort, PortRange};
use crate::remote::{HostKey, Peer, Remote, RemoteError, Reserved};

/// An in-memory remote; see [the module](crate::testing). The container behind a port is
/// the one set by [`Self::serve`], or else `id-1`.
#[derive(Debug, Default)]
pub struct FakeRemote {
    pins: Mutex<BTreeMap<HostPort, HostKey>>,
    behind: Mutex<BTreeMap<HostPort, ContainerId>>,
    rivals: Mutex<BTreeMap<HostPort, bool>>,
    closed: Mutex<u32>,
}

/// An in-memory connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FakeSession {
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
    pub fn put_behind(&self, port: HostPort, id: &ContainerId) {
        lock(&self.behind).insert(port, id.clone());
    }

    /// Lets another program listen on the port right after the port was reserved once.
    pub fn let_rival_take(&self, port: HostPort) {
        lock(&self.rivals).insert(port, false);
    }

    /// Makes the next `sessions` connections fail while they are opened, as with a server
    /// that is shutting down.
    pub fn close_next(&self, sessions: u32) {
        *lock(&self.closed) = sessions;
    }

    /// Pins the key of another container for the port.
    pub fn pin_stale(&self, port: HostPort, id: &ContainerId) {
        lock(&self.pins).insert(port, key_of(id));
    }
}

/// Returns the host key that the test doubles assign to a container.
pub(super) fn key_of(id: &ContainerId) -> HostKey {
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
    type Door = HostKey;
    type Session = FakeSession;
    type Reservation = ();

    async fn authorized_key(&self) -> Result<String, RemoteError> {
        Ok("ssh-ed25519 AAAA containai".to_owned())
    }

    async fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> Result<Reserved<()>, RemoteError> {
        let mut rivals = lock(&self.rivals);
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
        Ok(Reserved { port, reservation: () })
    }

    async fn knock(&self, port: HostPort) -> Result<HostKey, RemoteError> {
        let behind = lock(&self.behind).get(&port).cloned();
        Ok(key_of(&behind.unwrap_or_else(|| ContainerId::new("id-1"))))
    }

    async fn pinned(&self, port: HostPort) -> Result<Option<HostKey>, RemoteError> {
        Ok(lock(&self.pins).get(&port).cloned())
    }

    async fn introduce(
        &self,
        _: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> Result<(), RemoteError> {
        lock(&self.pins).insert(port, key.clone());
        Ok(())
    }

    async fn open(&self, door: HostKey, port: HostPort) -> Result<FakeSession, RemoteError> {
        let mut closed = lock(&self.closed);
        if let Some(left) = closed.checked_sub(1) {
            *closed = left;
            let peer = Peer::Container(port);
            return Err(RemoteError::Connection { peer, source: "early eof".into() });
        }
        match lock(&self.pins).get(&port) {
            None => Err(RemoteError::NotPinned { port: port.get() }),
            Some(pinned) if *pinned == door => Ok(FakeSession { port, key: door }),
            Some(pinned) => Err(RemoteError::HostKeyMismatch {
                peer: Peer::Container(port),
                pinned: pinned.to_string(),
                presented: door.to_string(),
            }),
        }
    }

    async fn forget(&self, _: &ContainerName, port: HostPort) -> Result<(), RemoteError> {
        lock(&self.pins).remove(&port);
        Ok(())
    }
}
