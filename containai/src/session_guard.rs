//! Protection of active sessions.

use containai_core::engine::{ActiveSessions, Container};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::DockerEngine;
use futures_util::future::join_all;

use crate::error::OperationError;
use crate::report::Reporter;

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
    let counts = ending.map(async |it| (it, engine.sessions(&it.id).await));
    let mut in_use = Vec::new();
    for (container, sessions) in join_all(counts).await {
        if let Some(sessions) = sessions.filter(|sessions| sessions.are_active()) {
            in_use.push(busy(&container.name, sessions));
        }
    }
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
