//! What else a container has, made sure of on this machine.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use containai_core::devcontainer::{WantedMount, WantedSource};
use containai_core::engine::{ExtraMount, MountSource, is_mountable};
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use crate::context::Context;
use crate::error::CliError;

/// What is root's, or as good as root: with Sysbox the container's root would be
/// root there.
const SYSTEM: [&str; 9] = [
    "/boot",
    "/dev",
    "/etc",
    "/proc",
    "/run",
    "/sys",
    "/var/run",
    "/var/lib/containerd",
    "/var/lib/docker",
];

/// Turns what a person has approved into mounts. A directory or file is looked
/// at as it is now, links resolved.
///
/// # Errors
///
/// One that is not there or not to be handed out, and any of this machine where
/// the engine runs on another.
pub(crate) fn resolve(
    wanted: &[WantedMount],
    context: &Context<'_>,
) -> Result<Vec<ExtraMount>, CliError> {
    let one = |mount: &WantedMount| {
        let source = match &mount.source {
            WantedSource::Volume(name) => MountSource::Volume(name.clone()),
            WantedSource::Path(path) => MountSource::Host(host_path(path, context)?),
        };
        Ok(ExtraMount { source, target: mount.target.clone(), access: mount.access })
    };
    wanted.iter().map(one).collect()
}

fn host_path(path: &str, context: &Context<'_>) -> Result<WorkspacePath, CliError> {
    if context.client.is_some() {
        return Err(refused(path, "it is on this machine, and the engine is on another"));
    }
    let real = fs::canonicalize(path).map_err(|error| refused(path, &error.to_string()))?;
    let kind = fs::metadata(&real).map_err(|error| refused(path, &error.to_string()))?.file_type();
    if kind.is_socket() || kind.is_fifo() || kind.is_char_device() || kind.is_block_device() {
        return Err(refused(path, "it is neither a directory nor a file"));
    }
    if !is_to_be_had(&real, context) {
        let reason = "it holds or belongs to keys, an engine, the system or the home directory";
        return Err(refused(path, reason));
    }
    WorkspacePath::new(&real).map_err(|error| refused(path, &error.to_string()))
}

/// Neither the home directory as a whole, nor keys, nor what is ours or the
/// engine's.
fn is_to_be_had(real: &Path, context: &Context<'_>) -> bool {
    let (layout, engine) = (&context.env.layout, &context.env.engine);
    let closed = [
        layout.ssh_dir(),
        layout.config_dir().to_owned(),
        layout.mux_socket().parent().map(Path::to_owned).unwrap_or_default(),
        engine.config_dir(),
        engine.data_root(),
        engine.exec_root(),
        engine.libexec_dir(),
        engine.socket(),
        layout.home().join(".docker"),
        layout.home().join(".gnupg"),
    ];
    let system = SYSTEM.map(PathBuf::from);
    // Where a place is a link, what it leads to counts as well.
    let both = |path: PathBuf| [fs::canonicalize(&path).ok(), Some(path)];
    let closed: Vec<PathBuf> = closed.into_iter().chain(system).flat_map(both).flatten().collect();
    let closed: Vec<&Path> =
        closed.iter().map(PathBuf::as_path).filter(|path| path.is_absolute()).collect();
    let home = both(layout.home().to_owned());
    let open: Vec<&Path> = home.iter().flatten().map(PathBuf::as_path).collect();
    is_mountable(real, &open, &closed)
}

fn refused(path: &str, reason: &str) -> CliError {
    CliError::usage(format!(
        "`{}` of `mounts` in devcontainer.json is not mounted: {reason}",
        path.escape_debug()
    ))
    .hint(Hint::new("name another directory, or go without: `--devcontainer=off`"))
}
