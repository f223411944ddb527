//! Prompt mode: how an agent answers one question without a terminal.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use toml_edit::{Item, TableLike};

use super::ManifestErrorKind;
use super::section::{texts, wrong_type};

/// The placeholder of the question in [`AgentPrompt::prompt`].
const PLACEHOLDER: &str = "{prompt}";

/// The arguments with which an agent answers one question, from the section `[agent.prompt]` of its manifest.
///
/// The words are passed in this order: arguments, resume, permissions, format, the user's own, and
/// the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPrompt {
    /// The first words, such as `exec`.
    pub arguments: Vec<String>,
    /// The words without which the agent refuses to use its tools. Default: none, since the default
    /// arguments of the agent already allow them.
    pub permissions: Vec<String>,
    /// The words that continue the latest conversation; empty if the agent cannot.
    pub resume: Vec<String>,
    /// The words of the question, with `{prompt}` in its place. Default: the question alone.
    pub prompt: Vec<String>,
    /// The output formats, and the words that select them.
    pub formats: BTreeMap<String, Vec<String>>,
    /// The words by which a command line is known to need no terminal: options at any place, and
    /// subcommands as the first argument.
    pub recognized_by: Vec<String>,
}

impl AgentPrompt {
    pub(super) fn from_item(item: Option<&Item>) -> Option<Self> {
        let table = item?.as_table_like()?;
        let formats = table.get("formats").and_then(Item::as_table_like).map(formats);
        let prompt = texts(table, "prompt");
        Some(Self {
            arguments: texts(table, "arguments"),
            permissions: texts(table, "permissions"),
            resume: texts(table, "resume"),
            prompt: if prompt.is_empty() { vec![PLACEHOLDER.to_owned()] } else { prompt },
            formats: formats.unwrap_or_default(),
            recognized_by: texts(table, "recognized_by"),
        })
    }

    /// Validates the section.
    pub(super) fn check(item: &Item) -> Result<(), ManifestErrorKind> {
        let Some(table) = item.as_table_like() else {
            return Err(wrong_type("prompt", "a table"));
        };
        for (key, item) in table.iter() {
            let is_texts = |item: &Item| {
                item.as_array().is_some_and(|array| array.iter().all(|it| it.is_str()))
            };
            match key {
                "arguments" | "permissions" | "resume" | "prompt" | "recognized_by"
                    if !is_texts(item) =>
                {
                    return Err(wrong_type(key, "an array of strings"));
                }
                "formats" => {
                    let table = item.as_table_like();
                    if !table.is_some_and(|table| table.iter().all(|(_, item)| is_texts(item))) {
                        return Err(wrong_type(key, "a table with arrays of strings"));
                    }
                }
                "arguments" | "permissions" | "resume" | "prompt" | "recognized_by" => {}
                _ => return Err(ManifestErrorKind::UnknownKey(key.to_owned())),
            }
        }
        Ok(())
    }

    /// Whether arguments of the agent select its prompt mode. Words after `--` are not options.
    #[must_use]
    pub fn is_selected_by(&self, arguments: &[impl AsRef<OsStr>]) -> bool {
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let mut options = words.iter().take_while(|word| *word != "--");
        let is_option = |word: &str, option: &str| {
            let rest = word.strip_prefix(option);
            option.starts_with('-')
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        let first = words.iter().find(|word| !word.starts_with('-'));
        let is_subcommand =
            |word: &str| !word.starts_with('-') && first.is_some_and(|first| first == word);
        self.recognized_by.iter().any(|known| is_subcommand(known))
            || options.any(|word| self.recognized_by.iter().any(|known| is_option(word, known)))
    }

    /// Returns the words that ask the question, with the question in its place.
    #[must_use]
    pub fn question(&self, text: &str) -> Vec<String> {
        self.prompt.iter().map(|word| word.replace(PLACEHOLDER, text)).collect()
    }
}

fn formats(table: &dyn TableLike) -> BTreeMap<String, Vec<String>> {
    table.iter().map(|(name, _)| (name.to_owned(), texts(table, name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Agent, Manifest, shipped_agents};

    fn shipped(name: &str) -> AgentPrompt {
        let agent = shipped_agents().into_iter().find(|agent| agent.name == name);
        agent.and_then(|agent| agent.prompt).expect("an agent with a prompt mode")
    }

    #[test]
    fn prompt_mode_is_recognized_by_options_and_subcommands() {
        let check = |agent: &str, line: &str, expected: bool| {
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(shipped(agent).is_selected_by(&words), expected, "{agent} {line}");
        };
        check("claude", "-p question", true);
        check("claude", "--print=x", true);
        check("claude", "--model x --print question", true);
        check("claude", "question -- -p", false);
        check("claude", "--continue", false);
        check("codex", "exec question", true);
        check("codex", "--json exec question", true);
        check("codex", "resume exec", false);
        check("gemini", "--prompt=question", true);
        check("opencode", "run question", true);
    }

    #[test]
    fn the_question_takes_its_place() {
        assert_eq!(shipped("claude").question("-x {a}"), ["--", "-x {a}"]);
        assert_eq!(shipped("gemini").question("-x"), ["--prompt=-x"]);
        let agent = "[agent]\nname = \"a\"\n[agent.prompt]\narguments = [\"ask\"]\n";
        let agent: Option<Agent> = Manifest::parse(agent).agent;
        let prompt = agent.and_then(|agent| agent.prompt).expect("a prompt mode");
        assert_eq!(prompt.question("q"), ["q"]);
    }
}
