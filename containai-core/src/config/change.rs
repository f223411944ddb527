//! Changes of single settings, checked before anything is written.

use toml_edit::Value;

use super::error::ValueError;
use super::unknown_keys::WORKSPACE_TABLE;
use super::{Config, ConfigFile, EditError, SettingScope, SettingSpec, Shadowed};
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::WorkspacePath;

/// The part of the user's file to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeTarget {
    /// The table of a workspace.
    Section(WorkspacePath),
    /// The settings of all workspaces.
    Global,
}

/// A change of one setting.
#[derive(Debug, Clone)]
pub struct SettingChange {
    /// The setting; `None` for an unknown key.
    spec: Option<&'static SettingSpec>,
    keys: Vec<String>,
    /// The new value; `None` unsets it.
    value: Option<Value>,
}

impl SettingChange {
    /// Creates a change that sets a setting to a typed value. Only lists accept more or less than
    /// one text.
    ///
    /// # Errors
    ///
    /// - [`SettingChangeError::Unknown`]: no setting has this key.
    /// - [`SettingChangeError::WrongType`]: the texts have the wrong type.
    /// - [`SettingChangeError::InvalidValue`]: the value is invalid.
    /// - [`SettingChangeError::NotPerWorkspace`]: the setting applies to every workspace.
    pub fn set(key: &str, texts: &[&str], area: &ChangeTarget) -> Result<Self, SettingChangeError> {
        let spec = SettingSpec::find(key).ok_or_else(|| SettingChangeError::unknown(key))?;
        let refused = |text: &str| SettingChangeError::WrongType {
            key: spec.key,
            text: text.to_owned(),
            expected: spec.kind.to_string(),
        };
        let value = spec.kind.parse_value(texts).ok_or_else(|| refused(&texts.join(" ")))?;
        for text in value_texts(&value, texts) {
            (spec.check)(&text).map_err(|source| SettingChangeError::InvalidValue {
                key: spec.key,
                text,
                source,
            })?;
        }
        Ok(Self { spec: Some(spec), keys: key_path(spec, area)?, value: Some(value) })
    }

    /// Creates a change that unsets a setting. Unknown keys are removed as well when they are
    /// present in `file`.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set), except for errors about values.
    pub fn unset(
        key: &str,
        area: &ChangeTarget,
        file: &ConfigFile,
    ) -> Result<Self, SettingChangeError> {
        if let Some(spec) = SettingSpec::find(key) {
            return Ok(Self { spec: Some(spec), keys: key_path(spec, area)?, value: None });
        }
        let mut keys = match area {
            ChangeTarget::Section(workspace) => {
                vec![WORKSPACE_TABLE.to_owned(), workspace.to_string()]
            }
            _ => Vec::new(),
        };
        keys.extend(key.split('.').map(str::to_owned));
        let words: Vec<&str> = keys.iter().map(String::as_str).collect();
        match file.get(&words) {
            Some(_) => Ok(Self { spec: None, keys, value: None }),
            None => Err(SettingChangeError::unknown(key)),
        }
    }

    /// Applies the change and returns whether the file changed.
    ///
    /// # Errors
    ///
    /// As [`ConfigFile::set`] and [`ConfigFile::unset`].
    pub fn apply(&self, file: &mut ConfigFile) -> Result<bool, EditError> {
        let before = file.text().to_owned();
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        match &self.value {
            Some(value) => file.set(&keys, value.clone())?,
            None => drop(file.unset(&keys)?),
        }
        Ok(file.text() != before)
    }

    /// Returns the source that shadows the new value, if any; `config` is the configuration of the
    /// workspace after the change.
    #[must_use]
    pub fn shadowed(&self, config: &Config) -> Option<Shadowed> {
        self.value.as_ref()?;
        Shadowed::detect(self.spec?, self.is_for_workspace(), config)
    }

    /// Whether it changes a workspace's table.
    #[must_use]
    pub fn is_for_workspace(&self) -> bool {
        self.keys.first().is_some_and(|key| key == WORKSPACE_TABLE)
    }
}

/// The texts of a value that its setting checks.
fn value_texts(value: &Value, texts: &[&str]) -> Vec<String> {
    match value {
        Value::Integer(number) => vec![number.value().to_string()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => texts.iter().map(|&text| text.to_owned()).collect(),
    }
}

fn key_path(spec: &SettingSpec, area: &ChangeTarget) -> Result<Vec<String>, SettingChangeError> {
    let section = match (spec.scope, area) {
        (_, ChangeTarget::Global) => None,
        (
            SettingScope::Workspace(key) | SettingScope::UserOrWorkspace(key),
            ChangeTarget::Section(workspace),
        ) => Some((workspace, key)),
        (SettingScope::User, ChangeTarget::Section(_)) => {
            return Err(SettingChangeError::NotPerWorkspace { key: spec.key });
        }
    };
    let mut keys = Vec::new();
    if let Some((workspace, _)) = section {
        keys.extend([WORKSPACE_TABLE.to_owned(), workspace.to_string()]);
    }
    let key = section.map_or(spec.key, |(_, key)| key);
    keys.extend(key.split('.').map(str::to_owned));
    Ok(keys)
}

impl SettingChangeError {
    /// Returns the error for an unknown key, with a suggestion.
    #[must_use]
    pub fn unknown(key: &str) -> Self {
        Self::Unknown { key: key.to_owned(), nearest: SettingSpec::closest_key(key) }
    }
}

/// A setting cannot be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingChangeError {
    /// No setting has this key; usually a typing error.
    #[error("unknown setting `{}`", key.escape_debug())]
    Unknown {
        /// The key.
        key: String,
        /// The closest known key.
        nearest: Option<&'static str>,
    },
    /// The texts have the wrong type.
    #[error("`{key}` must be {expected}, not `{}`", text.escape_debug())]
    WrongType {
        /// The setting.
        key: &'static str,
        /// The text.
        text: String,
        /// The expected type.
        expected: String,
    },
    /// The value is invalid.
    #[error("`{key}` cannot be `{}`", text.escape_debug())]
    InvalidValue {
        /// The setting.
        key: &'static str,
        /// The text.
        text: String,
        /// The reason.
        source: ValueError,
    },
    /// The setting applies to every workspace, but a workspace was named.
    #[error("`{key}` applies to every workspace and cannot be set for one")]
    NotPerWorkspace {
        /// The setting.
        key: &'static str,
    },
}

impl Advice for SettingChangeError {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => {
                vec![Hint::new(format!("did you mean `{nearest}`?"))]
            }
            Self::Unknown { .. } => {
                vec![Hint::run("cai config list", "list all settings")]
            }
            Self::NotPerWorkspace { .. } => vec![Hint::new("omit `--workspace`")],
            Self::WrongType { key, .. } | Self::InvalidValue { key, .. } => {
                let get = format!("cai config get {key}");
                vec![Hint::run(&get, "show its current value; nothing was changed")]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use proptest::prelude::*;

    use super::*;
    use crate::config::{Config, ConfigLayers, FileText, SETTINGS};

    fn after(text: &str, change: Result<SettingChange, SettingChangeError>) -> String {
        let mut file = ConfigFile::parse("/c.toml", text).expect("the test's text is TOML");
        match change.map(|change| change.apply(&mut file)) {
            Ok(Ok(_)) => file.text().to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => {
                let cause = error.source().map(|cause| format!("\n  {cause}")).unwrap_or_default();
                let hints = error.hints().into_iter().map(|hint| format!("\n  hint: {hint}"));
                format!("{error}{cause}{}", hints.collect::<String>())
            }
        }
    }

    #[test]
    fn settings_are_written_to_their_table() {
        let section = ChangeTarget::Section(WorkspacePath::new("/src/api").expect("a path"));
        let set = |key: &str, texts: &[&str], area: &ChangeTarget| {
            after("", SettingChange::set(key, texts, area))
        };
        insta::assert_snapshot!(set("data_volume", &["v"], &section), @r#"
        [workspace."/src/api"]
        data_volume = "v"
        "#);
        insta::assert_snapshot!(set("data_volume", &["v"], &ChangeTarget::Global), @r#"data_volume = "v""#);
        insta::assert_snapshot!(set("agent", &["codex"], &ChangeTarget::Global), @r#"
        [agent]
        default = "codex"
        "#);
        insta::assert_snapshot!(set("agent.default", &["codex"], &section), @r#"
        [workspace."/src/api"]
        agent = "codex"
        "#);
        insta::assert_snapshot!(set("env.import", &["A", "B"], &section), @r#"
        [workspace."/src/api".env]
        import = ["A", "B"]
        "#);
        insta::assert_snapshot!(set("ssh.port_range_start", &["0x960"], &ChangeTarget::Global), @r"
        [ssh]
        port_range_start = 0x960
        ");
        insta::assert_snapshot!(set("resources.cpu_limit", &["2.5"], &ChangeTarget::Global), @r"
        [resources]
        cpu_limit = 2.5
        ");
        insta::assert_snapshot!(set("ssh.mux", &["no"], &ChangeTarget::Global), @r"
        [ssh]
        mux = false
        ");
    }

    #[test]
    fn refusals_report_the_reason() {
        let section = ChangeTarget::Section(WorkspacePath::new("/src/api").expect("a path"));
        let set = |key: &str, texts: &[&str], area: &ChangeTarget| {
            after("", SettingChange::set(key, texts, area))
        };
        let refusals = [
            set("agent.defualt", &["x"], &ChangeTarget::Global),
            set("telemetry", &["x"], &ChangeTarget::Global),
            set("ssh.mux", &["maybe"], &ChangeTarget::Global),
            set("ssh.mux_idle", &["1.5"], &ChangeTarget::Global),
            set("ssh.mux_idle", &["0"], &ChangeTarget::Global),
            set("ssh.mux", &["true"], &section),
            set("image", &["a", "b"], &ChangeTarget::Global),
            set("isolation", &["none"], &ChangeTarget::Global),
            set("env.import", &["A", "1B"], &ChangeTarget::Global),
            set("env.env_file", &["a/../../b"], &ChangeTarget::Global),
            after("agent = 1\n", SettingChange::set("agent", &["x"], &ChangeTarget::Global)),
        ];
        insta::assert_snapshot!(refusals.join("\n"));
    }

    #[test]
    fn unknown_keys_can_be_unset() {
        let text = "[agent]\ndefualt = 'x' # c\n";
        let file = ConfigFile::parse("/c.toml", text).expect("the test's text is TOML");
        assert_eq!(
            after(text, SettingChange::unset("agent.defualt", &ChangeTarget::Global, &file)),
            ""
        );
        assert!(SettingChange::unset("agent.nope", &ChangeTarget::Global, &file).is_err());
        assert_eq!(after(text, SettingChange::unset("image", &ChangeTarget::Global, &file)), text);
    }

    proptest! {
        #[test]
        fn accepted_values_can_be_read_back(index in 0..SETTINGS.len(), text in "true|[0-9]{1,5}|[a-z]{1,9}|[A-Z_]+|[0-9]+:a:1|auto|[0-9]g|.{0,6}") {
            let spec = &SETTINGS[index];
            let section = WorkspacePath::new("/src/api").map(ChangeTarget::Section).expect("a path");
            let area = if spec.is_per_workspace() { section } else { ChangeTarget::Global };
            let Ok(change) = SettingChange::set(spec.key, &[&text], &area) else { return Ok(()) };
            let mut file = ConfigFile::parse("/c.toml", "# top\n[ssh] # s\nport_range_end = 65535 # e\n").expect("TOML");
            prop_assert!(change.apply(&mut file).is_ok());
            prop_assert!(file.text().contains("# top\n") && file.text().contains("# s\n") && file.text().contains("# e\n"));
            let user_file = Some(FileText { path: "/c.toml".into(), text: file.text().to_owned() });
            let workspace = WorkspacePath::new("/src/api").ok();
            let config = Config::resolve(&ConfigLayers { user_file, workspace, ..ConfigLayers::default() });
            // The ends of the port range are validated together.
            let is_range = spec.key.starts_with("ssh.port_range");
            prop_assert!(is_range || config.is_ok(), "{}: {:?}", file.text(), config);
        }
    }

    #[test]
    fn messages_and_hints() {
        let unknown = |key: &str| SettingChangeError::unknown(key);
        let text = || "maybe".to_owned();
        let samples = crate::samples!(SettingChangeError {
            Unknown: [unknown("agent.defualt"), unknown("telemetry")],
            WrongType: [SettingChangeError::WrongType {
                key: "ssh.mux",
                text: text(),
                expected: "true or false".into()
            }],
            InvalidValue: [SettingChangeError::InvalidValue {
                key: "isolation",
                text: text(),
                source: "there is no such isolation".into(),
            }],
            NotPerWorkspace: [SettingChangeError::NotPerWorkspace { key: "ssh.mux" }],
        });
        insta::assert_snapshot!(crate::testing::render_errors_with_hints(&samples));
    }
}
