//! Reads settings from all sources.

use std::path::Path;

use toml_edit::Value;

use super::error::ValueError;
use super::unknown_keys::{WORKSPACE_TABLE, check_user_file, check_workspace_file, position_of};
use super::{
    ConfigError, ConfigFile, ConfigLayers, ContentHash, IgnoreReason, IgnoredSetting, Origin,
    Setting, SettingSpec, Suggestion, TextPosition, Trust,
};
use crate::naming::WorkspacePath;

/// The parsed sources of a configuration, checked for unknown keys.
pub(super) struct Sources<'a> {
    layers: &'a ConfigLayers,
    user: Option<ConfigFile>,
    /// The name of the best matching workspace table in the user's file.
    section: Option<String>,
    workspace: Option<ConfigFile>,
    /// Whether the user approved the workspace's file.
    is_approved: bool,
    pub(super) suggestions: Vec<Suggestion>,
    pub(super) ignored: Vec<IgnoredSetting>,
}

/// The values of a setting by trust.
pub(super) struct LayeredValue<T> {
    /// The first value from a trusted source.
    pub(super) trusted: Option<Setting<T>>,
    /// The value of the workspace's own file.
    pub(super) workspace: Option<Setting<T>>,
}

impl<'a> Sources<'a> {
    pub(super) fn read(layers: &'a ConfigLayers) -> Result<Self, ConfigError> {
        let mut sources = Self {
            layers,
            user: None,
            section: None,
            workspace: None,
            is_approved: false,
            suggestions: Vec::new(),
            ignored: Vec::new(),
        };
        if let Some(file) = &layers.user_file {
            let file = ConfigFile::parse(file.path.clone(), file.text.clone())?;
            sources.section = check_user_file(&file, layers.workspace.as_ref())?;
            sources.user = Some(file);
        }
        if let Some(file) = &layers.workspace_file {
            // The hashed text is the parsed text; the file on disk may have changed since.
            sources.is_approved = layers.approved == Some(ContentHash::of(&file.text));
            match ConfigFile::parse(file.path.clone(), file.text.clone()) {
                Ok(file) => {
                    let suggested = check_workspace_file(&file, &mut sources.ignored);
                    if !sources.is_approved {
                        sources.suggestions = suggested;
                    }
                    sources.workspace = Some(file);
                }
                Err(error) => sources.ignored.push(ignored_file(&file.path, &error)),
            }
        }
        Ok(sources)
    }

    /// Reads a setting from every source, so that invalid values are found even when they are
    /// shadowed.
    pub(super) fn find<T>(
        &mut self,
        spec: &'static SettingSpec,
        flag: Option<T>,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<LayeredValue<T>, ConfigError> {
        let flag =
            flag.zip(spec.flag).map(|(value, name)| Setting { value, origin: Origin::Flag(name) });
        let variable = self.variable_value(spec, &read)?;
        let section = self.section_value(spec, &read)?;
        let user = self.user_value(spec, &read)?;
        let workspace = self.workspace_value(spec, &read);
        let is_chosen = flag.is_some() || variable.is_some() || section.is_some();
        Ok(LayeredValue {
            trusted: flag.or(variable).or(section).or(user),
            workspace: workspace.filter(|_| !is_chosen),
        })
    }

    /// Reads a list. Lists are not merged: the first source that has one provides all items. A
    /// single string is a list of one item.
    pub(super) fn find_list<T>(
        &mut self,
        spec: &'static SettingSpec,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Setting<Vec<T>>, ConfigError> {
        let (mut section, mut user) = (None, None);
        let keys: Vec<&str> = spec.key.split('.').collect();
        if let Some(file) = &self.user {
            let path = file.path().to_owned();
            user = list_at(file, &keys, spec, Origin::User(path.clone()), &read)?;
            if let Some(keys) = self.section_keys(spec) {
                section = list_at(file, &keys, spec, Origin::UserSection(path), &read)?;
            }
        }
        let mut workspace = None;
        if let Some(file) = self.trusted_workspace_file(spec) {
            let origin = Origin::Workspace(file.path().to_owned());
            match list_at(file, &keys, spec, origin, &read) {
                Ok(found) => workspace = found,
                Err(error) => {
                    let ignored = ignored_setting(file.path(), spec, &error);
                    self.ignored.push(ignored);
                }
            }
        }
        let found = section.or(workspace).or(user);
        Ok(found.unwrap_or_else(|| Setting::default_to(Vec::new())))
    }

    /// Records that an item of a list is ignored.
    pub(super) fn add_ignored(&mut self, spec: &SettingSpec, origin: &Origin, error: &ValueError) {
        let keys: Vec<&str> = spec.key.split('.').collect();
        let (file, keys) = match origin {
            Origin::Workspace(_) => (&self.workspace, Some(keys)),
            Origin::UserSection(_) => (&self.user, self.section_keys(spec)),
            _ => (&self.user, Some(keys)),
        };
        let item = file.as_ref().zip(keys).and_then(|(file, keys)| Some((file, file.get(&keys)?)));
        if let Some((file, item)) = item {
            let (position, why) =
                (position_of(file, item), IgnoreReason::InvalidValue(error.to_string()));
            self.ignored.push(IgnoredSetting { position, key: spec.key.to_owned(), reason: why });
        }
    }

    /// Returns the workspace's file if it may set this setting.
    fn trusted_workspace_file(&self, spec: &SettingSpec) -> Option<&ConfigFile> {
        let is_trusted = match spec.trust {
            Trust::Always | Trust::LowerOnly => true,
            Trust::WhenApproved => self.is_approved,
            Trust::Never => false,
        };
        self.workspace.as_ref().filter(|_| is_trusted)
    }

    /// Returns the workspaces with a table in the user's file.
    pub(super) fn sections(&self) -> Vec<WorkspacePath> {
        let item = self.user.as_ref().and_then(|file| file.get(&[WORKSPACE_TABLE]));
        let names = item.and_then(toml_edit::Item::as_table_like).into_iter();
        names
            .flat_map(|table| table.iter())
            .filter_map(|(name, _)| WorkspacePath::new(name).ok())
            .collect()
    }

    /// Returns the key path of the setting in the user's table for the workspace.
    fn section_keys(&self, spec: &SettingSpec) -> Option<Vec<&str>> {
        let (section, key) = (self.section.as_deref()?, spec.section_key()?);
        Some([WORKSPACE_TABLE, section].into_iter().chain(key.split('.')).collect())
    }

    fn variable_value<T>(
        &self,
        spec: &'static SettingSpec,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some((name, text)) =
            spec.env.and_then(|name| Some((name, self.layers.environment.get(name)?)))
        else {
            return Ok(None);
        };
        match read(text) {
            Ok(value) => Ok(Some(Setting { value, origin: Origin::Environment(name) })),
            Err(source) => {
                Err(ConfigError::InvalidVariable { name, text: text.to_owned(), source })
            }
        }
    }

    fn section_value<T>(
        &self,
        spec: &'static SettingSpec,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let (Some(file), Some(keys)) = (&self.user, self.section_keys(spec)) else {
            return Ok(None);
        };
        value_at(file, &keys, spec, Origin::UserSection(file.path().to_owned()), read)
    }

    fn user_value<T>(
        &self,
        spec: &'static SettingSpec,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(file) = &self.user else {
            return Ok(None);
        };
        let keys: Vec<&str> = spec.key.split('.').collect();
        value_at(file, &keys, spec, Origin::User(file.path().to_owned()), read)
    }

    fn workspace_value<T>(
        &mut self,
        spec: &'static SettingSpec,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Option<Setting<T>> {
        let file = self.trusted_workspace_file(spec)?;
        let keys: Vec<&str> = spec.key.split('.').collect();
        let origin = Origin::Workspace(file.path().to_owned());
        match value_at(file, &keys, spec, origin, read) {
            Ok(found) => found,
            Err(error) => {
                let ignored = ignored_setting(file.path(), spec, &error);
                self.ignored.push(ignored);
                None
            }
        }
    }
}

fn value_at<T>(
    file: &ConfigFile,
    keys: &[&str],
    spec: &'static SettingSpec,
    origin: Origin,
    read: impl Fn(&str) -> Result<T, ValueError>,
) -> Result<Option<Setting<T>>, ConfigError> {
    let Some(item) = file.get(keys) else {
        return Ok(None);
    };
    let position = position_of(file, item);
    let value = item.as_value().filter(|value| spec.kind.accepts(value));
    let Some(text) = value.and_then(scalar) else {
        return Err(ConfigError::WrongType {
            position,
            key: keys.join("."),
            expected: spec.kind.to_string(),
            text: item.to_string().trim().to_owned(),
        });
    };
    match read(&text) {
        Ok(value) => Ok(Some(Setting { value, origin })),
        Err(source) => Err(ConfigError::InvalidValue { position, key: spec.key, text, source }),
    }
}

fn list_at<T>(
    file: &ConfigFile,
    keys: &[&str],
    spec: &'static SettingSpec,
    origin: Origin,
    read: impl Fn(&str) -> Result<T, ValueError>,
) -> Result<Option<Setting<Vec<T>>>, ConfigError> {
    let Some(item) = file.get(keys) else {
        return Ok(None);
    };
    let position = position_of(file, item);
    let texts = match item.as_value().filter(|value| spec.kind.accepts(value)) {
        Some(Value::Array(array)) => array.iter().map(scalar).collect::<Option<Vec<_>>>(),
        value => value.and_then(scalar).map(|text| vec![text]),
    };
    let Some(texts) = texts else {
        return Err(ConfigError::WrongType {
            position,
            key: keys.join("."),
            expected: spec.kind.to_string(),
            text: item.to_string().trim().to_owned(),
        });
    };
    let read = |text: String| {
        read(&text).map_err(|source| {
            let position = position.clone();
            ConfigError::InvalidValue { position, key: spec.key, text, source }
        })
    };
    let value = texts.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Some(Setting { value, origin }))
}

/// Returns the text of a scalar value.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        // `Debug` keeps the decimal point of whole numbers: 2400.0 is not a port.
        Value::Float(number) => Some(format!("{:?}", number.value())),
        Value::Boolean(switch) => Some(switch.value().to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}

/// Returns the report for an invalid setting in the workspace's file.
fn ignored_setting(path: &Path, spec: &SettingSpec, error: &ConfigError) -> IgnoredSetting {
    IgnoredSetting { key: spec.key.to_owned(), ..ignored_file(path, error) }
}

/// Returns the report for an invalid file that is not an error.
fn ignored_file(path: &Path, error: &ConfigError) -> IgnoredSetting {
    let position = match error {
        ConfigError::Syntax { position, .. }
        | ConfigError::WrongType { position, .. }
        | ConfigError::InvalidValue { position, .. } => position.clone(),
        _ => TextPosition::of_byte(path, "", 0),
    };
    let message = match error {
        ConfigError::Syntax { message, .. } => message.clone(),
        ConfigError::InvalidValue { source, .. } => source.to_string(),
        error => error.to_string(),
    };
    IgnoredSetting { position, key: String::new(), reason: IgnoreReason::InvalidValue(message) }
}
