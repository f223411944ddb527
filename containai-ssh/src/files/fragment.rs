//! The files in `~/.ssh/containai.d`.

use std::io::{self, ErrorKind};
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::ContainerName;
use containai_core::remote::RemoteError;

use super::{atomic, failure};
use crate::host_block::HostBlock;

/// Writes the OpenSSH configuration of a container, unless it stands already.
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

/// Removes the OpenSSH configuration of a container, if there is one.
pub(crate) fn remove_fragment(layout: &Layout, name: &ContainerName) -> Result<(), RemoteError> {
    let path = layout.ssh_fragment(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failure::write(&path)(error)),
        _ => Ok(()),
    }
}
