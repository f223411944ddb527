//! The page of settings.

use containai_core::config::{SETTINGS, SettingSpec, Trust};

use super::command::ReferencePage;

pub(super) fn page() -> ReferencePage {
    let mut text = String::from(
        "# Settings\n\n\
         `~/.config/containai/config.toml`, changed by `cai config`. A workspace's own\n\
         `.containai/config.toml` has the same keys; `cai trust` approves what it says.\n\n\
         | key | what for | takes | default | per workspace | environment | flag | in the workspace's own file |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        text.push_str(&row(setting));
    }
    ReferencePage::new("settings.md", text)
}

fn row(setting: &SettingSpec) -> String {
    let code = |name: Option<&str>| name.map(|name| format!("`{name}`")).unwrap_or_default();
    let trust = match setting.trust {
        Trust::Always => "followed",
        Trust::LowerOnly => "followed where it asks for less",
        Trust::WhenApproved => "followed once approved",
        Trust::Never => "not followed",
    };
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} | {trust} |\n",
        setting.key,
        setting.summary,
        setting.kind,
        setting.default,
        code(setting.section_key()),
        code(setting.env),
        code(setting.flag),
    )
}
