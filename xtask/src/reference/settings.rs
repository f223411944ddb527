//! The page of settings.

use containai_core::config::{SETTINGS, SettingSpec, Trust};

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         `cai config` changes `~/.config/containai/config.toml`. A workspace's own\n\
         `.containai/config.toml` has the same keys; `cai trust` approves its settings.\n\n\
         | key | purpose | value | default | per workspace | environment | option | in the workspace's own file |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        text.push_str(&row(setting));
    }
    text
}

fn row(setting: &SettingSpec) -> String {
    let code = |name: Option<&str>| name.map(|name| format!("`{name}`")).unwrap_or_default();
    let trust = match setting.trust {
        Trust::Always => "applies",
        Trust::LowerOnly => "applies if it asks for less",
        Trust::WhenApproved => "applies once approved",
        Trust::Never => "ignored",
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
