//! The state of Sysbox's services on this machine.

use containai_core::engine::{Container, Isolation};
use containai_docker::host::{SysboxState, sysbox_state};

use crate::context::Context;

/// Warns if a container depends on Sysbox's services and they do not run.
///
/// The engine reports such a container as running, although its file system is incomplete.
pub fn warn_if_not_running(context: &Context, container: &Container) {
    let is_sysbox = container.labels.isolation() == Some(Isolation::Sysbox);
    if is_sysbox
        && context.is_dedicated_engine()
        && matches!(
            sysbox_state(&context.env.engine),
            SysboxState::NotRunning | SysboxState::NotInstalled
        )
    {
        context.reporter.warn(
            "Sysbox's services do not respond: start them with `sudo systemctl restart sysbox`, then run `cai stop` and `cai run`",
        );
    }
}
