//! A way in, in memory.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::ContainerId;
use crate::naming::{ContainerName, HostPort, PortRange};
use crate::remote::{HostKey, Peer, Remote, RemoteError, Reserved};

/// A remote in memory; see [the module](crate::fake). Behind a port answers
/// the container with the given id, or `id-1`.
#[derive(Debug, Default)]
pub struct FakeRemote {
    pins: Mutex<BTreeMap<HostPort, HostKey>>,
    behind: Mutex<BTreeMap<HostPort, ContainerId>>,
    rivals: Mutex<BTreeMap<HostPort, bool>>,
}

/// An open session in memory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FakeSession {
    /// The port that it leads through.
    pub port: HostPort,
    /// The key that was verified.
    pub key: HostKey,
}

impl FakeRemote {
    /// A remote that knows no key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a container's server behind the port.
    pub fn put_behind(&self, port: HostPort, id: &ContainerId) {
        lock(&self.behind).insert(port, id.clone());
    }

    /// Has another program listen on the port right after it was chosen, so
    /// that it is chosen once.
    pub fn let_rival_take(&self, port: HostPort) {
        lock(&self.rivals).insert(port, false);
    }

    /// Pins the key of another container for the port.
    pub fn pin_stale(&self, port: HostPort, id: &ContainerId) {
        lock(&self.pins).insert(port, key_of(id));
    }
}

/// The key that the fakes give to a container.
pub(super) fn key_of(id: &ContainerId) -> HostKey {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let seed = hasher.finish();
    let blob: String =
        (0..43).map(|n| char::from(ALPHABET[(seed.rotate_left(n) & 63) as usize])).collect();
    HostKey::parse(&format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{blob}"))
        .unwrap_or_else(|error| panic!("the fake key is wrong: {error}"))
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
