//! Stopping of registered forwards.

use std::path::Path;
use std::time::Duration;

use containai_core::exit;
use containai_core::hint::Hint;
use tokio::time::{sleep, timeout};

use crate::error::OperationError;
use crate::forward_registry::RegisteredForward;

/// The time that a process has to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// The interval at which the registry is read meanwhile.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Stops the processes that forward from these addresses, and waits until they have ended.
///
/// `container`: only forwards of this container. `listens`: ports or socket paths; empty selects
/// all.
///
/// # Errors
///
/// An address has no forward, or a process does not end within five seconds.
pub async fn stop_selected(
    directory: &Path,
    container: Option<&str>,
    listens: &[String],
) -> crate::Result<Vec<RegisteredForward>> {
    let mut all = RegisteredForward::list(directory)?;
    all.retain(|it| container.is_none_or(|name| it.container == name));
    for listen in listens {
        if !all.iter().any(|it| it.listen_addresses().any(|at| at == *listen)) {
            let message = format!("nothing is forwarded from `{listen}`");
            let hint = Hint::run("cai forward list", "list all forwards");
            return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
        }
    }
    let is_selected = |listen: &String| listens.is_empty() || listens.contains(listen);
    all.retain(|it| it.listen_addresses().any(|at| is_selected(&at)));
    all.iter().try_for_each(RegisteredForward::stop)?;
    match timeout(STOP_TIMEOUT, wait_stopped(&all, directory)).await {
        Ok(outcome) => outcome.map(|()| all),
        Err(_) => Err(crate::Error::failed("a background process does not end")),
    }
}

async fn wait_stopped(selected: &[RegisteredForward], directory: &Path) -> crate::Result<()> {
    let is_selected = |it: &RegisteredForward| selected.iter().any(|old| old.pid == it.pid);
    while RegisteredForward::list(directory)?.iter().any(is_selected) {
        sleep(POLL_INTERVAL).await;
    }
    Ok(())
}
