//! Protection of active sessions.

use std::time::{Duration, Instant};

use containai_core::engine::{ActiveSessions, Container, ContainerId};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::DockerEngine;
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::error::OperationError;
use crate::report::Reporter;

/// The time after which a session lasts.
const ENDING_GRACE: Duration = Duration::from_secs(1);
/// The interval between two looks at the processes.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Asks the user whether to continue if one of the containers has active sessions. Returns
/// `true` without a question if there are none, or if they cannot be determined.
///
/// # Errors
///
/// There are active sessions, and the user cannot be asked.
pub async fn confirm_active_sessions(
    engine: &DockerEngine,
    ending: impl Iterator<Item = &Container>,
    question: &str,
    reporter: &Reporter,
) -> Result<bool, OperationError> {
    let sessions = ending.map(async |it| Some((it, lasting_sessions(engine, &it.id).await?)));
    let in_use = join_all(sessions).await.into_iter().flatten();
    let in_use: Vec<_> = in_use.map(|(it, sessions)| busy(&it.name, sessions)).collect();
    if in_use.is_empty() {
        return Ok(true);
    }
    if !reporter.can_ask() {
        return Err(OperationError::with_code(exit::FAILED, in_use.join("; "))
            .hint(Hint::new("end its sessions first, or repeat with `--force`")));
    }
    in_use.iter().for_each(|text| reporter.warn(text));
    Ok(reporter.ask(question))
}

/// Returns the active sessions. The processes of a command that has just ended take a moment to
/// disappear.
async fn lasting_sessions(engine: &DockerEngine, id: &ContainerId) -> Option<ActiveSessions> {
    let start = Instant::now();
    loop {
        let sessions = engine.sessions(id).await.filter(|sessions| sessions.are_active())?;
        if start.elapsed() > ENDING_GRACE {
            return Some(sessions);
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Describes the active sessions of a container.
pub fn busy(container: &str, sessions: ActiveSessions) -> String {
    let plural = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    };
    let counts = [plural(sessions.ssh, "SSH connection"), plural(sessions.terminals, "terminal")];
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    format!("container {container} is in use: {}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_sessions_are_described() {
        let describe = |ssh, terminals| busy("api-main", ActiveSessions { ssh, terminals });
        insta::assert_snapshot!(describe(2, 1), @"container api-main is in use: 2 SSH connections, 1 terminal");
        insta::assert_snapshot!(describe(0, 3), @"container api-main is in use: 3 terminals");
    }
}
