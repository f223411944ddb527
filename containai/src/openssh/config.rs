//! The OpenSSH configuration of one container.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::Container;
use containai_core::lifecycle::Refusal;
use containai_core::naming::{ContainerName, WorkspacePath};

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// Returns the `Host` block of a container, from the configuration of its workspace.
///
/// # Errors
///
/// The container has no port, the configuration is invalid, or a path cannot be written in
/// `ssh_config`(5).
pub fn host_block(
    container: &Container,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<String> {
    let workspace = container.labels.workspace();
    let workspace = workspace.and_then(|path| WorkspacePath::new(Path::new(path)).ok());
    let context = Context::new(env, reporter, flags.clone(), workspace.as_ref())?;
    let foreign = || Refusal::NotManaged { name: container.name.clone() };
    let name = ContainerName::parse(&container.name).map_err(|_| foreign())?;
    let no_port = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(no_port)?;
    context.remote.host_block(&name, port).render().map_err(crate::Error::other)
}
