//! The files in `~/.ssh/containai.d`.

use std::io::{self, ErrorKind};
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::ContainerName;
use containai_core::remote::RemoteError;

use super::{atomic, io_error};
use crate::config_file::SshConfigFile;
use crate::host_block::HostBlock;

/// Writes the OpenSSH configuration of a container, unless it is up to date.
pub(crate) fn write_config_file(
    layout: &Layout,
    name: &ContainerName,
    block: &HostBlock,
) -> Result<(), RemoteError> {
    let path = layout.ssh_include_file(name);
    let text = block.render().map_err(|error| {
        io_error::cannot_write(&path)(io::Error::new(ErrorKind::InvalidInput, error))
    })?;
    write(layout, &path, &text).map_err(io_error::cannot_write(&path))
}

fn write(layout: &Layout, path: &Path, text: &str) -> io::Result<()> {
    atomic::create_private_dir(&layout.ssh_dir())?;
    atomic::ensure_private_dir(&layout.ssh_include_dir())?;
    atomic::replace_if_different(path, text.as_bytes(), atomic::PRIVATE_MODE)
}

/// Reads the OpenSSH configurations of containers, sorted by name. Files with
/// other names belong to the user.
pub(crate) fn config_files(layout: &Layout) -> Result<Vec<SshConfigFile>, RemoteError> {
    let dir = layout.ssh_include_dir();
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(io_error::cannot_read(&dir)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(io_error::cannot_read(&dir))?.path();
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A file that was removed meanwhile is skipped.
        if let Ok(text) = std::fs::read_to_string(&path) {
            found.extend(SshConfigFile::parse(file_name, &text));
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Removes the OpenSSH configuration of a container, if any.
pub(crate) fn remove_config_file(layout: &Layout, name: &ContainerName) -> Result<(), RemoteError> {
    let path = layout.ssh_include_file(name);
    match std::fs::remove_file(&path) {
        Err(error) if !is_missing(&error) => Err(io_error::cannot_write(&path)(error)),
        _ => Ok(()),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
