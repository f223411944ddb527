//! The agents that this version and the user know by name.

use containai_core::config::closest_match;
use containai_core::engine::ImageRequest;
use containai_core::hint::Hint;
use containai_core::layout::Layout;
use containai_core::manifest::{Agent, shipped_agents};
use containai_core::naming::AgentName;

use crate::error::OperationError;
use crate::import::user_agents;

/// Returns the agents of the shipped manifests, and then those of the user's.
///
/// # Errors
///
/// A manifest of the user cannot be read or is invalid.
pub fn known_agents(layout: &Layout) -> crate::Result<Vec<Agent>> {
    let mut agents = shipped_agents();
    agents.extend(user_agents(layout)?);
    Ok(agents)
}

/// Finds an agent by its name, its program or an alias; `None` for other words. The user's manifests
/// are read only if no shipped one has the word.
///
/// # Errors
///
/// A manifest of the user cannot be read or is invalid.
pub fn find_agent(layout: &Layout, word: &str) -> crate::Result<Option<Agent>> {
    let find = |agents: Vec<Agent>| agents.into_iter().find(|agent| agent.has_name(word));
    match find(shipped_agents()) {
        Some(agent) => Ok(Some(agent)),
        None => Ok(find(user_agents(layout)?)),
    }
}

/// Returns the name of the shipped agent with this name, program or alias; else the name itself.
pub(crate) fn shipped_name(name: &AgentName) -> AgentName {
    let shipped = shipped_agents().into_iter().find(|it| it.has_name(name.as_ref()));
    shipped.and_then(|it| AgentName::parse(&it.name).ok()).unwrap_or_else(|| name.clone())
}

/// The error for a word that no manifest and no image of this version knows.
fn unknown_agent(image: &str, word: &str, own: &[Agent]) -> OperationError {
    let shipped = shipped_agents();
    let names: Vec<_> = shipped.iter().chain(own).map(|agent| agent.name.as_str()).collect();
    let manifests = "or describe it in `~/.config/containai/manifests`";
    let list = names.join("`, `");
    let hint = match closest_match(word, names) {
        Some(near) => format!("did you mean `{near}`? The agents are `{list}`; {manifests}"),
        None => format!("use one of `{list}`, {manifests}"),
    };
    OperationError::usage(format!("image `{image}` has no agent `{word}`")).hint(Hint::new(hint))
}

/// The error for an agent that is not in the image. `own` are the agents of the user's manifests.
pub(crate) fn missing_agent(image: &str, agent: &str, own: &[Agent]) -> OperationError {
    let suitable = ImageRequest::shipped_with(agent);
    let is_known = shipped_agents().iter().any(|it| it.has_name(agent));
    let hint = match suitable.as_slice() {
        [] if !is_known => return unknown_agent(image, agent, own),
        [] => "no image of this version has it: install it with a template, and select it with `--template`, or select another image with `--image`".to_owned(),
        names => format!(
            "use `--image {}`; `cai run -- COMMAND` runs a command",
            names.join("` or `--image ")
        ),
    };
    OperationError::usage(format!("image `{image}` has no agent `{agent}`")).hint(Hint::new(hint))
}

#[cfg(test)]
mod tests {
    use containai_core::hint::Advice as _;

    use super::*;

    fn hint_of(word: &str) -> String {
        let hints = missing_agent("base", word, &[]).hints();
        hints.into_iter().map(|hint| hint.to_string()).collect()
    }

    #[test]
    fn errors_name_the_nearest_agent_or_a_suitable_image() {
        assert!(hint_of("claued").starts_with("did you mean `claude`? The agents are `claude`, "));
        assert!(hint_of("soul").starts_with("use one of `claude`, `codex`"), "{}", hint_of("soul"));
        assert!(hint_of("codex").starts_with("use `--image agents`"), "{}", hint_of("codex"));
    }

    #[test]
    fn agents_are_found_by_alias() {
        let layout = Layout::new(std::path::Path::new("/nonexistent"), None, None);
        let name = |word| find_agent(&layout, word).ok().flatten().map(|agent| agent.name);
        assert_eq!(name("kimi-cli").as_deref(), Some("kimi"));
        assert_eq!(name("soul"), None);
        assert!(known_agents(&layout).is_ok_and(|all| all.iter().any(|it| it.name == "opencode")));
    }
}
