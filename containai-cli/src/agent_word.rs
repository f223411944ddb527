//! Agents as commands: `cai claude ARGS` is `cai run --agent claude -- ARGS`.

use std::ffi::OsString;

use clap::{Arg, Command};
use containai::agents::{find_agent, known_agents};
use containai_core::manifest::{Agent, shipped_agents};
use containai_core::naming::AgentName;

use crate::command_line::{first_argument, full_command, is_command};
use crate::env::Env;

/// Replaces the name of an agent by the command that starts it. Words after the name are the
/// agent's. A command comes before an agent of the same name, and an agent before a directory.
pub(crate) fn expand(words: &mut Vec<OsString>) {
    let Some(at) = first_argument(words) else { return };
    let Some(word) = words[at].to_str() else { return };
    if is_command(word) || AgentName::parse(word).is_err() {
        return;
    }
    let name = match Env::read().map(|env| find_agent(&env.layout, word)) {
        Ok(Ok(Some(agent))) if !has_command(&agent.name) => agent.name,
        // The command reports the invalid manifest.
        Ok(Err(_)) if !std::path::Path::new(word).is_dir() && !has_command(word) => word.to_owned(),
        _ => return,
    };
    words.splice(at..=at, ["run", "--agent", &name, "--"].map(OsString::from));
}

/// Adds the agents to the grammar, for help, completion and suggestions.
pub(crate) fn with_agents(grammar: Command) -> Command {
    let agents: Vec<_> = agents().into_iter().filter(|it| !has_command(&it.name)).collect();
    let names: Vec<_> = agents.iter().map(|agent| agent.name.as_str()).collect();
    let list = format!(
        "Agents:\n  {}\n\n`cai AGENT ARGS` is `cai run --agent AGENT -- ARGS`.",
        names.join(", ")
    );
    let grammar = grammar.after_help(list);
    agents.into_iter().fold(grammar, |grammar, agent| grammar.subcommand(command(agent)))
}

fn command(agent: Agent) -> Command {
    let arguments = Arg::new("arguments").num_args(0..).trailing_var_arg(true);
    Command::new(agent.name.clone())
        .about(format!("Start {} in the workspace's container: `cai run --agent`", agent.name))
        .aliases(agent.aliases)
        .hide(true)
        .arg(arguments.allow_hyphen_values(true).help("Arguments of the agent"))
}

/// Returns the agents of all manifests, without the user's if those are invalid.
fn agents() -> Vec<Agent> {
    let all = Env::read().ok().and_then(|env| known_agents(&env.layout).ok());
    all.unwrap_or_else(shipped_agents)
}

/// Whether a command has the word as its name or an alias.
fn has_command(word: &str) -> bool {
    let has_word =
        |it: &Command| it.get_name() == word || it.get_all_aliases().any(|it| it == word);
    full_command().get_subcommands().any(has_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_agents_start_them() {
        let check = |line: &str, expected: &str| {
            let mut words = line.split(' ').map(OsString::from).collect();
            expand(&mut words);
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!(words.join(" "), expected);
        };
        check("cai claude", "cai run --agent claude --");
        check("cai -q codex --help", "cai -q run --agent codex -- --help");
        check("cai kimi-cli -p x", "cai run --agent kimi -- -p x");
        check("cai exec claude", "cai exec claude");
        check("cai --image claude", "cai --image claude");
        check("cai -- claude", "cai -- claude");
        check("cai ./claude", "cai ./claude");
        check("cai help claude", "cai help claude");
        check("cai soul", "cai soul");
    }

    #[test]
    fn no_agent_is_hidden_by_a_command() {
        for agent in shipped_agents() {
            assert!(!has_command(&agent.name), "{}", agent.name);
        }
    }

    #[test]
    fn misspelt_agents_are_suggested() {
        let error = with_agents(full_command()).try_get_matches_from(["cai", "claued"]);
        let text = error.expect_err("unknown").to_string();
        assert!(text.contains("'claude'"), "{text}");
        with_agents(full_command()).debug_assert();
    }
}
