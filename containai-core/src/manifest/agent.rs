//! Agents and their commands.

use toml_edit::{Document, Table};

use super::AgentResume;
use super::{AgentAcp, AgentLoginState, AgentPrompt, FirstStart};
use crate::shell_word::shell_quote;

/// An agent, from the section `[agent]` of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// The name, such as `claude`.
    pub name: String,
    /// The program.
    pub binary: String,
    /// Arguments that are always passed in a container.
    pub default_args: Vec<String>,
    /// Subcommands, such as `mcp`. When the first argument is one of them, `default_args` are
    /// omitted: some programs treat their options as a prompt otherwise.
    pub subcommands: Vec<String>,
    /// Alternative command names.
    pub aliases: Vec<String>,
    /// Whether images may lack it.
    pub optional: bool,
    /// Its start for an editor; `None` if it does not speak the Agent Client Protocol.
    pub acp: Option<AgentAcp>,
    /// Its arguments for a question without a terminal; `None` if it cannot.
    pub prompt: Option<AgentPrompt>,
    /// The signs of a login; `None` if that is unknown.
    pub login_state: Option<AgentLoginState>,
    /// The settings before its first start.
    pub first_start: FirstStart,
    /// The arguments that continue its last conversation.
    pub resume: AgentResume,
}

impl Agent {
    /// Parses the section of a manifest; `None` without the section or for invalid TOML.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        Some(Self::from_table(document.get("agent")?.as_table()?))
    }

    /// Whether `word` is the name, the program or an alias.
    #[must_use]
    pub fn has_name(&self, word: &str) -> bool {
        self.name == word || self.binary == word || self.aliases.iter().any(|it| it == word)
    }

    /// Returns the command names that start the agent, its own name first.
    pub fn command_names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str()].into_iter().chain(self.aliases.iter().map(String::as_str))
    }

    /// Returns the command line for images without a wrapper.
    pub fn command_line(&self) -> impl Iterator<Item = &str> {
        [self.binary.as_str()].into_iter().chain(self.default_args.iter().map(String::as_str))
    }

    /// Whether it has a wrapper: one that adds arguments, or prepares the first start.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        !self.default_args.is_empty() || !self.first_start.is_empty()
    }

    /// Returns the script that images install under the command names. It adds the default
    /// arguments. A script works in every kind of session, since it does not depend on shell
    /// start-up files.
    #[must_use]
    pub fn wrapper_script(&self) -> String {
        let starts = |added: &[String]| {
            let words = [&self.binary].into_iter().chain(added).map(|it| quote_where_needed(it));
            let words = words.collect::<Vec<_>>().join(" ");
            format!("exec {} {words} \"$@\"", crate::layout::CONTAINER_WRAP)
        };
        let plain = match self.subcommands.as_slice() {
            [] => String::new(),
            some => {
                let words =
                    some.iter().map(|it| quote_where_needed(it)).collect::<Vec<_>>().join(" | ");
                format!("case ${{1-}} in {words}) {} ;; esac\n", starts(&[]))
            }
        };
        format!(
            "#!/bin/sh\n\
             # Generated from the manifests by `cargo xtask generate`: {} with the default arguments of its manifest.\n\
             {plain}{}\n",
            self.name,
            starts(&self.default_args),
        )
    }

    fn from_table(table: &Table) -> Self {
        let text = |key| table.get(key).and_then(|item| item.as_str()).map(str::to_owned);
        let texts = |key| -> Vec<String> {
            let array = table.get(key).and_then(|item| item.as_array());
            let texts = array.into_iter().flatten().filter_map(|value| value.as_str());
            texts.map(str::to_owned).collect()
        };
        let name = text("name").unwrap_or_default();
        Self {
            binary: text("binary").unwrap_or_else(|| name.clone()),
            default_args: texts("default_args"),
            subcommands: texts("subcommands"),
            aliases: texts("aliases"),
            acp: table.get("acp").and_then(AgentAcp::from_item),
            optional: table.get("optional").and_then(|item| item.as_bool()).unwrap_or(false),
            prompt: AgentPrompt::from_item(table.get("prompt")),
            login_state: AgentLoginState::from_item(table.get("login_state")),
            first_start: FirstStart::from_item(table.get("first_start")),
            resume: AgentResume::of_agent(table),
            name,
        }
    }
}

/// Quotes a word for a shell where necessary.
fn quote_where_needed(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => shell_quote(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_section_is_parsed() {
        let text = "[agent]\nname = \"t\"\ndefault_args = [\"--a b\"]\naliases = [\"u\"]\noptional = true\n[agent.resume]\nargs = [\"-c\"]\n";
        let agent = Agent::parse(text).expect("an agent");
        assert_eq!((agent.name.as_str(), agent.binary.as_str()), ("t", "t"));
        assert_eq!(agent.default_args, ["--a b"]);
        assert!(agent.optional && agent.has_name("u") && !agent.has_name("a"));
        assert_eq!(agent.resume.args, ["-c"]);
        assert_eq!(Agent::parse("[[entries]]\n"), None);
        assert_eq!(Agent::parse("[agent"), None);
    }
    #[test]
    fn wrapper_adds_default_arguments_except_for_subcommands() {
        let text =
            "[agent]\nname = \"kimi\"\ndefault_args = [\"--a\", \"b c\"]\naliases = [\"k\"]\n";
        let agent = Agent::parse(text).expect("an agent");
        assert_eq!(agent.command_names().collect::<Vec<_>>(), ["kimi", "k"]);
        insta::assert_snapshot!(agent.wrapper_script(), @r#"
        #!/bin/sh
        # Generated from the manifests by `cargo xtask generate`: kimi with the default arguments of its manifest.
        exec /usr/lib/containai/wrap kimi --a 'b c' "$@"
        "#);
        let agent = Agent { subcommands: vec!["mcp".into(), "x y".into()], ..agent };
        insta::assert_snapshot!(agent.wrapper_script(), @r#"
        #!/bin/sh
        # Generated from the manifests by `cargo xtask generate`: kimi with the default arguments of its manifest.
        case ${1-} in mcp | 'x y') exec /usr/lib/containai/wrap kimi "$@" ;; esac
        exec /usr/lib/containai/wrap kimi --a 'b c' "$@"
        "#);
    }
}
