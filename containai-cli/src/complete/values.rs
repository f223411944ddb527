//! What a setting may be set to.

use std::ffi::OsString;

use clap_complete::engine::CompletionCandidate;
use containai_core::config::{SettingKind, SettingSpec};
use containai_core::engine::ShippedImage;
use containai_core::manifest::shipped_agents;

use super::{agents, templates, volumes};

/// The setting whose value is typed, if the words are those of `config set`.
pub(super) fn setting_of(words: &[OsString]) -> Option<&'static SettingSpec> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let verb = words.windows(2).position(|pair| pair == ["config", "set"])?;
    words[verb + 2..].iter().find_map(|word| SettingSpec::find(word))
}

/// What it may be, as far as that can be listed.
pub(super) fn candidates(setting: &SettingSpec) -> Vec<CompletionCandidate> {
    match (setting.kind, setting.key) {
        (SettingKind::Choice(texts), _) => candidates_from(texts.iter().copied()),
        (SettingKind::Bool, _) => candidates_from(["true", "false"]),
        (_, "agent.default") => agents(),
        (_, "import.credentials") => {
            candidates_from(shipped_agents().iter().map(|agent| agent.name.as_str()))
        }
        (_, "image") => candidates_from(ShippedImage::ALL.map(ShippedImage::name)),
        (_, "devcontainer") => candidates_from(["on", "off"]),
        (_, "template.default") => templates(),
        (_, "data_volume") => volumes(),
        _ => Vec::new(),
    }
}

fn candidates_from<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<CompletionCandidate> {
    texts.into_iter().map(CompletionCandidate::new).collect()
}
