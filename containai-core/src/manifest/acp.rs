//! The Agent Client Protocol of an agent.

use toml_edit::Item;

/// The start of an agent for an editor, from the section `[agent.acp]` of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentAcp {
    /// The program and its arguments. It speaks the protocol on its standard streams.
    pub command: Vec<String>,
    /// The npm package of the program; `None` if the agent itself speaks the protocol.
    pub package: Option<String>,
}

impl AgentAcp {
    /// Reads the section; `None` without a command.
    pub(super) fn from_item(item: &Item) -> Option<Self> {
        let table = item.as_table_like()?;
        let words = table.get("command")?.as_array()?.iter();
        let command: Vec<_> = words.filter_map(|word| word.as_str().map(str::to_owned)).collect();
        let package = table.get("package").and_then(|item| item.as_str()).map(str::to_owned);
        (!command.is_empty()).then_some(Self { command, package })
    }

    /// Returns the key with an error, and what it must be.
    pub(super) fn problem(item: &Item) -> Option<(&str, &'static str)> {
        let Some(table) = item.as_table_like() else { return Some(("acp", "a table")) };
        let is_command = |item: &Item| {
            let words = item.as_array();
            words.is_some_and(|words| !words.is_empty() && words.iter().all(|it| it.is_str()))
        };
        if !table.get("command").is_some_and(is_command) {
            return Some(("command", "an array of strings with a program"));
        }
        table.iter().find_map(|(key, item)| match key {
            "command" => None,
            "package" => (!item.is_str()).then_some((key, "a string")),
            _ => Some((key, "`command` or `package`")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Manifest, shipped_agents};
    use super::*;

    #[test]
    fn section_is_parsed_and_validated() {
        let text = "[agent]\nname = \"t\"\n[agent.acp]\ncommand = [\"t\", \"acp\"]\n";
        let agent = Manifest::parse_strict(text).expect("valid").agent.expect("an agent");
        let command = vec!["t".to_owned(), "acp".to_owned()];
        assert_eq!(agent.acp, Some(AgentAcp { command, package: None }));
        let check = |section: &str, expected: &str| {
            let text = format!("[agent]\nname = \"t\"\n{section}\n");
            let error = Manifest::parse_strict(&text).map_err(|error| error.to_string());
            assert_eq!(error, Err(expected.to_owned()), "{text}");
        };
        let command = "line 4: `command` must be an array of strings with a program";
        check("[agent.acp]\ncommand = []", &command.replace('4', "3"));
        check("[agent.acp]\ncommand = \"x\"", &command.replace('4', "3"));
        check("acp = 1", "line 3: `acp` must be a table");
        check(
            "[agent.acp]\ncommand = [\"x\"]\nsauce = 1",
            "line 3: `sauce` must be `command` or `package`",
        );
    }

    #[test]
    fn every_shipped_agent_has_a_command() {
        for agent in shipped_agents() {
            assert!(agent.acp.is_some(), "{}", agent.name);
        }
    }
}
