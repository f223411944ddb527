//! Whoever is at work in a container that is about to end.

use containai_core::engine::{ActiveSessions, Container};
use containai_docker::DockerEngine;
use futures_util::future::join_all;

use crate::report::Reporter;

/// Asks a person when somebody is at work in one of these; whether to go on.
/// What cannot be told counts as nobody, and where there is no terminal nobody
/// is asked.
pub async fn confirm_active_sessions(
    engine: &DockerEngine,
    ending: impl Iterator<Item = &Container>,
    question: &str,
    reporter: &Reporter,
) -> bool {
    if !reporter.can_ask() {
        return true;
    }
    let asked = ending.map(async |it| (it, engine.sessions(&it.id).await));
    let mut is_busy = false;
    for (container, sessions) in join_all(asked).await {
        if let Some(sessions) = sessions.filter(|sessions| sessions.are_active()) {
            reporter.warn(&busy(&container.name, sessions));
            is_busy = true;
        }
    }
    !is_busy || reporter.ask(question)
}

/// Who would be thrown out.
pub fn busy(container: &str, sessions: ActiveSessions) -> String {
    let count = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    };
    let found = [count(sessions.ssh, "SSH connection"), count(sessions.terminals, "terminal")];
    let found: Vec<_> = found.into_iter().flatten().collect();
    format!("container {container} is in use: {}", found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_inside_is_counted() {
        let told = |ssh, terminals| busy("api-main", ActiveSessions { ssh, terminals });
        insta::assert_snapshot!(told(2, 1), @"container api-main is in use: 2 SSH connections, 1 terminal");
        insta::assert_snapshot!(told(0, 3), @"container api-main is in use: 3 terminals");
    }
}
