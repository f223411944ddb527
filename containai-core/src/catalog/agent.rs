//! Agents: what starts them, and what they are always given.

use toml_edit::{Document, Table};

/// An agent, as the section `[agent]` of its manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its name, such as `claude`.
    pub name: String,
    /// The program that is run.
    pub binary: String,
    /// The arguments that it always gets in a container.
    pub default_args: Vec<String>,
    /// First arguments that say what else it is to do, such as `mcp`; with one
    /// of them it gets nothing but what was said, as a program demands that
    /// takes its options for a question.
    pub subcommands: Vec<String>,
    /// Other names of the program.
    pub aliases: Vec<String>,
    /// Whether an image may be without it.
    pub optional: bool,
}

impl Agent {
    /// Reads the section of a manifest; `None` where there is none or the text
    /// is not TOML.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        Some(Self::of(document.get("agent")?.as_table()?))
    }

    /// Whether a person means it by this word.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        self.name == word || self.binary == word || self.aliases.iter().any(|it| it == word)
    }

    /// Every command that starts the agent, its name first.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str()].into_iter().chain(self.aliases.iter().map(String::as_str))
    }

    /// The words that start it where no image has a command for it.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        [self.binary.as_str()].into_iter().chain(self.default_args.iter().map(String::as_str))
    }

    /// Whether its commands are more than the program alone.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        !self.default_args.is_empty()
    }

    /// The program that stands for a command of the agent in an image and adds
    /// what the manifest says. It is the same in every kind of session, for it
    /// needs no shell to have read anything.
    #[must_use]
    pub fn wrapper(&self) -> String {
        let starts = |added: &[String]| {
            let words = [&self.binary].into_iter().chain(added).map(|it| word(it));
            let words = words.collect::<Vec<_>>().join(" ");
            format!("exec {} {words} \"$@\"", crate::layout::CONTAINER_WRAP)
        };
        let plain = match self.subcommands.as_slice() {
            [] => String::new(),
            some => {
                let words = some.iter().map(|it| word(it)).collect::<Vec<_>>().join(" | ");
                format!("case ${{1-}} in {words}) {} ;; esac\n", starts(&[]))
            }
        };
        format!(
            "#!/bin/sh\n\
             # Made of the manifests by `cargo xtask generate`: {} with what its manifest adds.\n\
             {plain}{}\n",
            self.name,
            starts(&self.default_args),
        )
    }

    fn of(table: &Table) -> Self {
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
            optional: table.get("optional").and_then(|item| item.as_bool()).unwrap_or(false),
            name,
        }
    }
}

/// A word as a shell reads it back.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_is_read() {
        let text = "[agent]\nname = \"t\"\ndefault_args = [\"--a b\"]\naliases = [\"u\"]\noptional = true\n";
        let agent = Agent::parse(text).expect("an agent");
        assert_eq!((agent.name.as_str(), agent.binary.as_str()), ("t", "t"));
        assert_eq!(agent.default_args, ["--a b"]);
        assert!(agent.optional && agent.is_called("u") && !agent.is_called("a"));
        assert_eq!(Agent::parse("[[entries]]\n"), None);
        assert_eq!(Agent::parse("[agent"), None);
    }
    #[test]
    fn every_command_of_an_agent_starts_it_with_what_its_manifest_adds() {
        let text =
            "[agent]\nname = \"kimi\"\ndefault_args = [\"--a\", \"b c\"]\naliases = [\"k\"]\n";
        let agent = Agent::parse(text).expect("an agent");
        assert_eq!(agent.commands().collect::<Vec<_>>(), ["kimi", "k"]);
        insta::assert_snapshot!(agent.wrapper(), @r#"
        #!/bin/sh
        # Made of the manifests by `cargo xtask generate`: kimi with what its manifest adds.
        exec /usr/lib/containai/wrap kimi --a 'b c' "$@"
        "#);
        let agent = Agent { subcommands: vec!["mcp".into(), "x y".into()], ..agent };
        insta::assert_snapshot!(agent.wrapper(), @r#"
        #!/bin/sh
        # Made of the manifests by `cargo xtask generate`: kimi with what its manifest adds.
        case ${1-} in mcp | 'x y') exec /usr/lib/containai/wrap kimi "$@" ;; esac
        exec /usr/lib/containai/wrap kimi --a 'b c' "$@"
        "#);
    }
}
