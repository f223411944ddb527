//! Completion of command lines.
//!
//! The script of `cai completion` runs `cai` with [`COMPLETION_VARIABLE`] set. Nothing is printed to
//! stderr, where the user types.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::CompleteEnv;
use containai::completion::{self, DescribedName};
use containai_core::config::{SETTINGS, SettingSpec};

use crate::env::{COMPLETION_VARIABLE, Env};
use crate::{agent_word, command_line};

/// Prints completions and exits if a shell requests them; returns otherwise.
pub(crate) fn complete() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let setting = setting_of(&words);
    let grammar = move || grammar(setting);
    CompleteEnv::with_factory(grammar).var(COMPLETION_VARIABLE).complete();
}

/// Returns the setting whose value is typed, if the command is `config set`.
fn setting_of(words: &[OsString]) -> Option<&'static SettingSpec> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let verb = words.windows(2).position(|pair| pair == ["config", "set"])?;
    words[verb + 2..].iter().find_map(|word| SettingSpec::find(word))
}

/// The grammar with aliases and completers; `setting` is the setting whose value is typed.
fn grammar(setting: Option<&'static SettingSpec>) -> Command {
    let grammar = agent_word::with_agents(command_line::full_command());
    let grammar = grammar.mut_subcommand("stop", |stop| stop.alias("rm"));
    // A hidden command is completed only if no other one matches.
    let is_shown = |verb: &Command| !matches!(verb.get_name(), "reference" | "first-start");
    let grammar = grammar.mut_subcommands(|verb| match is_shown(&verb) {
        true => verb.hide(false),
        false => verb,
    });
    with_completers(grammar, setting)
}

fn with_completers(grammar: Command, setting: Option<&'static SettingSpec>) -> Command {
    let grammar = grammar.mut_args(|arg| with_completer(arg, setting));
    grammar.mut_subcommands(|verb| with_completers(verb, setting))
}

fn with_completer(arg: Arg, setting: Option<&'static SettingSpec>) -> Arg {
    let candidates: fn() -> Vec<CompletionCandidate> = match (arg.get_id().as_str(), setting) {
        ("value", Some(setting)) => {
            let values = || names(async |env| completion::setting_values(env, setting).await);
            return arg.add(ArgValueCandidates::new(values));
        }
        ("target", _) => return arg.add(ArgValueCompleter::new(targets)),
        ("container" | "name", _) => containers,
        ("data_volume" | "volume", _) => || names(async |env| completion::data_volumes(env).await),
        ("snapshot", _) => || names(async |env| completion::snapshots(env).await),
        ("template" | "templates", _) => || names(async |env| completion::templates(env)),
        ("agent", _) => || names(async |env| completion::agents(env)),
        ("key", _) => || SETTINGS.iter().map(|it| CompletionCandidate::new(it.key)).collect(),
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(candidates))
}

/// Containers and directories.
fn targets(current: &OsStr) -> Vec<CompletionCandidate> {
    let start = current.to_string_lossy();
    let mut found = containers();
    found.retain(|it| it.get_value().to_string_lossy().starts_with(&*start));
    found.extend(PathCompleter::dir().complete(current));
    found
}

fn containers() -> Vec<CompletionCandidate> {
    names(async |env| completion::containers(env).await)
}

/// Runs a query of the library; an error gives no candidates.
fn names(query: impl AsyncFnOnce(&Env) -> Vec<DescribedName>) -> Vec<CompletionCandidate> {
    let run = || -> anyhow::Result<Vec<DescribedName>> {
        let env = Env::read()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let found = runtime.block_on(query(&env));
        runtime.shutdown_background();
        Ok(found)
    };
    let candidate = |(name, description): DescribedName| {
        CompletionCandidate::new(name).help(description.map(Into::into))
    };
    run().unwrap_or_default().into_iter().map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_and_flags_are_completed() -> anyhow::Result<()> {
        let offered = |words: &[&str]| -> anyhow::Result<Vec<String>> {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let mut grammar = grammar(setting_of(&words));
            let last = words.len() - 1;
            let found = clap_complete::engine::complete(&mut grammar, words, last, None)?;
            Ok(found.iter().map(|it| it.get_value().to_string_lossy().into_owned()).collect())
        };
        assert!(offered(&["cai", "st"])?.contains(&"status".to_owned()));
        assert_eq!(offered(&["cai", "cla"])?, ["claude"]);
        assert!(offered(&["cai", "run", "--dry"])?.contains(&"--dry-run".to_owned()));
        let values = |key| -> anyhow::Result<Vec<String>> {
            let mut found = offered(&["cai", "config", "set", key, ""])?;
            found.retain(|text| !text.starts_with('-'));
            found.sort();
            Ok(found)
        };
        assert_eq!(values("isolation")?, ["auto", "sysbox", "userns"]);
        assert_eq!(values("ssh.mux")?, ["false", "true"]);
        assert_eq!(values("image")?, ["agents", "base", "full", "sdks"]);
        assert!(values("agent.default")?.contains(&"codex".to_owned()));
        assert_eq!(offered(&["cai", "config", "set", "-g", "agent", "cla"])?, ["claude"]);
        assert_eq!(values("resources.memory_limit")?, [""; 0]);
        Ok(())
    }
}
