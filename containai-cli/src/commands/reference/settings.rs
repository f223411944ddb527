//! The page of settings.

use containai_core::config::{SETTINGS, SettingSpec, Trust};

use super::command::Page;

pub(super) fn page() -> Page {
    let mut text = String::from(
        "# Settings\n\n\
         `~/.config/containai/config.toml`. The key within `[workspace.\"/path\"]` is the same where\n\
         a setting may differ between workspaces.\n\n\
         | key | per workspace | environment | flag | in the workspace's own file |\n\
         |---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        text.push_str(&row(setting));
    }
    Page::new("settings.md", text)
}

fn row(setting: &SettingSpec) -> String {
    let code = |name: Option<&str>| name.map(|name| format!("`{name}`")).unwrap_or_default();
    let trust = match setting.trust {
        Trust::Harmless => "followed",
        Trust::OnlyLower => "followed where it asks for less",
        Trust::ReachesHost => "not followed",
    };
    format!(
        "| `{}` | {} | {} | {} | {trust} |\n",
        setting.key,
        code(setting.section_key),
        code(setting.env),
        code(setting.flag),
    )
}
