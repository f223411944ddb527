//! The way in which an agent continues its last conversation.

use toml_edit::{Item, Table};

/// The section `[agent.resume]` of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentResume {
    /// The arguments that continue the last conversation in the current directory; empty if the
    /// agent cannot.
    pub args: Vec<String>,
}

impl AgentResume {
    /// The key of the section in the section of the agent.
    pub(super) const KEY: &str = "resume";

    /// Reads the section.
    pub(super) fn of_agent(agent: &Table) -> Self {
        let section = agent.get(Self::KEY).and_then(Item::as_table_like);
        let args = section.and_then(|it| it.get("args")).and_then(Item::as_array);
        let texts = args.into_iter().flatten().filter_map(|value| value.as_str());
        Self { args: texts.map(str::to_owned).collect() }
    }

    /// Whether the section is a table with known keys.
    pub(super) fn is_valid(section: &Item) -> bool {
        section.as_table_like().is_some_and(|table| {
            table.iter().all(|(key, item)| {
                key == "args"
                    && item.as_array().is_some_and(|args| args.iter().all(|it| it.is_str()))
            })
        })
    }
}
