//! What a shell offers behind the cursor.
//!
//! The script of `cai completion` starts `cai` with [`VARIABLE`] set. Names come
//! from the engine, within half a second or not at all; nothing is said on
//! stderr, where the user types.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::CompleteEnv;
use containai_core::config::{Flags, SETTINGS, SettingSpec};
use containai_core::engine::{Container, Engine as _, ShippedImage};
use containai_core::lifecycle::snapshot;
use containai_docker::DockerEngine;
use tokio::time::timeout;

use crate::command_line;
use crate::env::Env;
use containai::context::Context;
use containai::import::user_agents;
use containai::report::Reporter;

mod values;

/// The variable that asks for completions, in the name of a shell.
pub(crate) const COMPLETION_VARIABLE: &str = "COMPLETE";

/// How long a person waits for an answer to the tabulator key.
const ENGINE_TIMEOUT: Duration = Duration::from_millis(500);

/// Answers and ends the process when a shell asks; returns when none does.
pub(crate) fn complete() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let setting = values::setting_of(&words);
    let grammar = move || with_completers(command_line::full_command(), setting);
    CompleteEnv::with_factory(grammar).var(COMPLETION_VARIABLE).complete();
}

/// The grammar with what each argument may be, as far as that is known;
/// `setting` is the one whose value is typed.
fn with_completers(grammar: Command, setting: Option<&'static SettingSpec>) -> Command {
    let grammar = grammar.mut_args(|arg| with_completer(arg, setting));
    grammar.mut_subcommands(|verb| with_completers(verb, setting))
}

fn with_completer(arg: Arg, setting: Option<&'static SettingSpec>) -> Arg {
    if let ("value", Some(setting)) = (arg.get_id().as_str(), setting) {
        return arg.add(ArgValueCandidates::new(|| values::candidates(setting)));
    }
    let candidates: fn() -> Vec<CompletionCandidate> = match arg.get_id().as_str() {
        "container" | "name" | "word" => containers,
        "data_volume" | "volume" => volumes,
        "snapshot" => snapshots,
        "key" => settings,
        "template" | "templates" => templates,
        "agent" => agents,
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(candidates))
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

/// The agents of the images, and those of the user's own manifests.
fn agents() -> Vec<CompletionCandidate> {
    let own = Env::read().and_then(|env| Ok(user_agents(&env.layout)?)).unwrap_or_default();
    let shipped = ShippedImage::Full.agents().iter().copied();
    let names = shipped.chain(own.iter().map(|agent| agent.name.as_str()));
    names.map(CompletionCandidate::new).collect()
}

/// Our containers on the configured engine; none where it does not answer.
fn managed_containers() -> Vec<Container> {
    let mut containers = query_engine(|engine| async move { Ok(engine.containers().await?) });
    containers.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    containers
}

/// What the configured engine answers; nothing where it does not in time.
fn query_engine<T, F>(question: impl FnOnce(DockerEngine) -> F) -> Vec<T>
where
    F: Future<Output = anyhow::Result<Vec<T>>>,
{
    let ask = || -> anyhow::Result<Vec<T>> {
        let env = Env::read()?;
        let engine = Context::new(&env, &Reporter::default(), Flags::default(), None)?.engine()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async { timeout(ENGINE_TIMEOUT, question(engine)).await });
        runtime.shutdown_background();
        answer?
    };
    ask().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_and_flags_are_completed() -> anyhow::Result<()> {
        let offered = |words: &[&str]| -> anyhow::Result<Vec<String>> {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let mut grammar =
                with_completers(command_line::full_command(), values::setting_of(&words));
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
