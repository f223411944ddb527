//! The files in `~/.ssh/containai.d`.

use std::io::{self, ErrorKind};
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::ContainerName;
use containai_core::remote::RemoteError;

use super::{atomic, failure};
use crate::fragment::Fragment;
use crate::host_block::HostBlock;

/// Writes the OpenSSH configuration of a container, unless it is up to date.
pub(crate) fn write_fragment(
    layout: &Layout,
    name: &ContainerName,
    block: &HostBlock,
) -> Result<(), RemoteError> {
    let path = layout.ssh_fragment(name);
    let text = block
        .render()
        .map_err(|error| failure::write(&path)(io::Error::new(ErrorKind::InvalidInput, error)))?;
    write(layout, &path, &text).map_err(failure::write(&path))
}

fn write(layout: &Layout, path: &Path, text: &str) -> io::Result<()> {
    atomic::private_dir(&layout.ssh_dir())?;
    atomic::own_dir(&layout.ssh_fragment_dir())?;
    atomic::replace_if_different(path, text.as_bytes(), atomic::PRIVATE)
}

/// Reads the OpenSSH configurations of containers, sorted by name. Files with
/// other names belong to the user.
pub(crate) fn fragments(layout: &Layout) -> Result<Vec<Fragment>, RemoteError> {
    let dir = layout.ssh_fragment_dir();
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failure::read(&dir)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(failure::read(&dir))?.path();
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A file that was removed meanwhile is skipped.
        if let Ok(text) = std::fs::read_to_string(&path) {
            found.extend(Fragment::parse(file_name, &text));
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Removes the OpenSSH configuration of a container, if any.
pub(crate) fn remove_fragment(layout: &Layout, name: &ContainerName) -> Result<(), RemoteError> {
    let path = layout.ssh_fragment(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failure::write(&path)(error)),
        _ => Ok(()),
    }
}
