//! Completion of command lines.
//!
//! The script of `cai completion` runs `cai` with [`COMPLETION_VARIABLE`] set. The engine has half
//! a second to return names. Nothing is printed to stderr, where the user types.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::CompleteEnv;
use containai_core::config::{Flags, SETTINGS, SettingSpec};
use containai_core::engine::{Container, Engine as _, ShippedImage};
use containai_core::lifecycle::snapshot;
use containai_docker::DockerEngine;
use tokio::time::timeout;

use crate::command_line;
use crate::env::{COMPLETION_VARIABLE, Env};
use containai::context::Context;
use containai::import::user_agents;
use containai::report::Reporter;

mod values;

/// The time limit for names from the engine.
const ENGINE_TIMEOUT: Duration = Duration::from_millis(500);

/// Prints completions and exits if a shell requests them; returns otherwise.
pub(crate) fn complete() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let setting = values::setting_of(&words);
    let grammar = move || grammar(setting);
    CompleteEnv::with_factory(grammar).var(COMPLETION_VARIABLE).complete();
}

/// The grammar with aliases and completers; `setting` is the setting whose value is typed.
fn grammar(setting: Option<&'static SettingSpec>) -> Command {
    let grammar = command_line::full_command().mut_subcommand("stop", |stop| stop.alias("rm"));
    with_completers(grammar, setting)
}

fn with_completers(grammar: Command, setting: Option<&'static SettingSpec>) -> Command {
    let grammar = grammar.mut_args(|arg| with_completer(arg, setting));
    grammar.mut_subcommands(|verb| with_completers(verb, setting))
}

fn with_completer(arg: Arg, setting: Option<&'static SettingSpec>) -> Arg {
    if let ("value", Some(setting)) = (arg.get_id().as_str(), setting) {
        return arg.add(ArgValueCandidates::new(|| values::candidates(setting)));
    }
    let candidates: fn() -> Vec<CompletionCandidate> = match arg.get_id().as_str() {
        "target" => return arg.add(ArgValueCompleter::new(targets)),
        "container" | "name" => containers,
        "data_volume" | "volume" => volumes,
        "snapshot" => snapshots,
        "key" => settings,
        "template" | "templates" => templates,
        "agent" => agents,
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
    let names = managed_containers().into_iter().map(|container| {
        let workspace = container.labels.workspace().map(|path| path.to_owned().into());
        CompletionCandidate::new(container.name).help(workspace)
    });
    names.collect()
}

fn volumes() -> Vec<CompletionCandidate> {
    let volumes =
        managed_containers().into_iter().filter_map(|container| container.labels.data_volume());
    volumes.map(|volume| CompletionCandidate::new(volume.to_string())).collect()
}

fn snapshots() -> Vec<CompletionCandidate> {
    let all = query_engine(|engine| async move { Ok(snapshot::list_snapshots(&engine).await?) });
    let names = all.into_iter().map(|snapshot| {
        let origin = format!("{} {}", snapshot.container, snapshot.created);
        CompletionCandidate::new(snapshot.name.to_string()).help(Some(origin.into()))
    });
    names.collect()
}

fn settings() -> Vec<CompletionCandidate> {
    SETTINGS.iter().map(|setting| CompletionCandidate::new(setting.key)).collect()
}

fn templates() -> Vec<CompletionCandidate> {
    let names = Env::read().and_then(|env| Ok(containai::templates::list(&env.layout)?));
    let names = names.unwrap_or_default();
    names.into_iter().map(|name| CompletionCandidate::new(name.to_string())).collect()
}

/// Agents of the images and of the user's manifests.
fn agents() -> Vec<CompletionCandidate> {
    let own = Env::read().and_then(|env| Ok(user_agents(&env.layout)?)).unwrap_or_default();
    let shipped = ShippedImage::Full.agents().iter().copied();
    let names = shipped.chain(own.iter().map(|agent| agent.name.as_str()));
    names.map(CompletionCandidate::new).collect()
}

/// The containers of ContainAI on the configured engine; none if it does not answer in time.
fn managed_containers() -> Vec<Container> {
    let mut containers = query_engine(|engine| async move { Ok(engine.containers().await?) });
    containers.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    containers
}

/// The configured engine's answer; empty if it does not answer in time.
fn query_engine<T, F>(query: impl FnOnce(DockerEngine) -> F) -> Vec<T>
where
    F: Future<Output = anyhow::Result<Vec<T>>>,
{
    let answer = || -> anyhow::Result<Vec<T>> {
        let env = Env::read()?;
        let engine = Context::new(&env, &Reporter::default(), Flags::default(), None)?.engine()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async { timeout(ENGINE_TIMEOUT, query(engine)).await });
        runtime.shutdown_background();
        answer?
    };
    answer().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_and_flags_are_completed() -> anyhow::Result<()> {
        let offered = |words: &[&str]| -> anyhow::Result<Vec<String>> {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let mut grammar = grammar(values::setting_of(&words));
            let last = words.len() - 1;
            let found = clap_complete::engine::complete(&mut grammar, words, last, None)?;
            Ok(found.iter().map(|it| it.get_value().to_string_lossy().into_owned()).collect())
        };
        assert!(offered(&["cai", "st"])?.contains(&"status".to_owned()));
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
