//! The file of pinned host keys.

use std::io::ErrorKind;

use containai_core::layout::Layout;
use containai_core::naming::HostKeyAlias;
use containai_core::remote::{HostKey, RemoteError};

use super::{atomic, io_error, lock};
use crate::known_hosts::KnownHosts;

/// Returns the key that is pinned under a name.
pub(crate) fn pinned(layout: &Layout, name: &HostKeyAlias) -> Result<Option<HostKey>, RemoteError> {
    Ok(KnownHosts::parse(&read_text(layout)?).get(name).cloned())
}

/// Pins a key as the only one under a name.
pub(crate) async fn pin(
    layout: &Layout,
    name: &HostKeyAlias,
    key: &HostKey,
) -> Result<(), RemoteError> {
    change(layout, |hosts| hosts.pin(name.clone(), key.clone())).await
}

/// Returns the names for which a key is pinned.
pub(crate) fn pinned_names(layout: &Layout) -> Result<Vec<HostKeyAlias>, RemoteError> {
    Ok(KnownHosts::parse(&read_text(layout)?).names().cloned().collect())
}

/// Removes the keys of these names.
pub(crate) async fn unpin(layout: &Layout, names: &[HostKeyAlias]) -> Result<(), RemoteError> {
    change(layout, |hosts| names.iter().for_each(|name| hosts.remove(name))).await
}

/// Rewrites the whole file if the content changes.
///
/// The change is computed without the lock first, because usually nothing
/// changes.
async fn change(layout: &Layout, change: impl Fn(&mut KnownHosts)) -> Result<(), RemoteError> {
    let changed = |text: &str| {
        let mut hosts = KnownHosts::parse(text);
        change(&mut hosts);
        Some(hosts.to_string()).filter(|new| new != text)
    };
    if changed(&read_text(layout)?).is_none() {
        return Ok(());
    }
    let _lock = lock(&layout.known_hosts_lock()).await?;
    let Some(new) = changed(&read_text(layout)?) else {
        return Ok(());
    };
    let path = layout.known_hosts();
    atomic::replace(&path, new.as_bytes(), atomic::PRIVATE_MODE)
        .map_err(io_error::cannot_write(&path))
}

fn read_text(layout: &Layout) -> Result<String, RemoteError> {
    let path = layout.known_hosts();
    match std::fs::read(&path) {
        // Invalid UTF-8 never forms an entry.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(io_error::cannot_read(&path)(error)),
    }
}
