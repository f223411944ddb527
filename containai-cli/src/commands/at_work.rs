//! Whoever is at work in a container that is about to end.

use containai_core::engine::Container;
use containai_docker::DockerEngine;
use futures_util::future::join_all;

use crate::ui::Ui;
use crate::wire;

/// Asks a person when somebody is at work in one of these; whether to go on.
/// What cannot be told counts as nobody, and where there is no terminal nobody
/// is asked.
pub(super) async fn consent(
    engine: &DockerEngine,
    ending: impl Iterator<Item = &Container>,
    question: &str,
    ui: &Ui,
) -> bool {
    if !ui.terminals().can_ask() {
        return true;
    }
    let asked = ending.map(async |it| (it, engine.sessions(&it.id).await));
    let mut is_busy = false;
    for (container, sessions) in join_all(asked).await {
        if let Some(sessions) = sessions.filter(|sessions| sessions.are_active()) {
            ui.warn(&wire::stop::at_work(&container.name, sessions));
            is_busy = true;
        }
    }
    !is_busy || ui.ask(question)
}
