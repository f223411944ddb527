//! The output of `cai config`.

use containai_core::config::{ListedSetting, SettingKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;

/// A setting, as `cai config list --json` and `get --json` print it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct SettingOutput {
    /// The setting.
    key: &'static str,
    /// Its value: a list for settings that are lists, `null` if it is unset and
    /// its default is computed.
    value: SettingValue,
    /// The source of the value.
    source: String,
}

/// The value of a setting.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum SettingValue {
    Single(Option<String>),
    List(Vec<String>),
}

impl From<&ListedSetting> for SettingOutput {
    fn from(listed: &ListedSetting) -> Self {
        let value = match listed.spec.kind {
            SettingKind::List(_) | SettingKind::BoolOrList(_) => {
                SettingValue::List(listed.values.clone())
            }
            _ => SettingValue::Single(listed.values.first().cloned()),
        };
        Self { key: listed.spec.key, value, source: listed.origin.to_string() }
    }
}

/// The table of `cai config list`.
pub(crate) fn table(settings: &[ListedSetting]) -> String {
    let rows: Vec<_> = settings
        .iter()
        .map(|setting| {
            let source = escape_control(&setting.origin.to_string());
            vec![setting.spec.key.to_owned(), display_value(setting), source]
        })
        .collect();
    table::table(&["KEY", "VALUE", "SOURCE"], &rows)
}

fn display_value(listed: &ListedSetting) -> String {
    match listed.values.as_slice() {
        [] if listed.spec.default.is_empty() => String::new(),
        [] => format!("({})", listed.spec.default),
        values => escape_control(&values.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::config::{Config, ConfigLayers, FileText};

    use super::*;

    #[test]
    fn tables_and_json() -> anyhow::Result<()> {
        let text = "docker_host = 'unix:///x'\nssh.local_forward = ['1:a:1', '2:b:2']\n";
        let user_file = Some(FileText { path: "/c.toml".into(), text: text.to_owned() });
        let config = Config::resolve(&ConfigLayers { user_file, ..ConfigLayers::default() })?;
        insta::assert_snapshot!(table(&config.list()));
        let is_shown = |it: &&ListedSetting| ["docker_host", "data_volume"].contains(&it.spec.key);
        let values: Vec<SettingOutput> =
            config.list().iter().filter(is_shown).map(SettingOutput::from).collect();
        insta::assert_snapshot!(serde_json::to_string(&values)?, @r#"[{"key":"docker_host","value":"unix:///x","source":"user:/c.toml"},{"key":"data_volume","value":null,"source":"default"}]"#);
        Ok(())
    }
}
