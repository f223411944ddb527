//! Unknown keys and workspace tables.

use std::path::Path;

use toml_edit::{Item, TableLike};

use super::did_you_mean::closest_match;
use super::{
    ConfigError, ConfigFile, IgnoreReason, IgnoredSetting, SETTINGS, SettingSpec, Suggestion,
    TextPosition, Trust,
};
use crate::naming::WorkspacePath;

/// The table with one table per workspace.
pub const WORKSPACE_TABLE: &str = "workspace";

/// Rejects unknown keys. Returns the name of the best matching workspace table: the deepest
/// directory that contains the workspace.
///
/// # Errors
///
/// The first unknown key, malformed table, or table not named by an absolute path.
pub(super) fn check_user_file(
    file: &ConfigFile,
    workspace: Option<&WorkspacePath>,
) -> Result<Option<String>, ConfigError> {
    let known: Vec<&'static str> = SETTINGS.iter().map(|setting| setting.key).collect();
    for unknown in unknown_keys(file, &known) {
        if unknown.key != WORKSPACE_TABLE {
            return Err(unknown.into_error(&known));
        }
    }
    let Some(item) = file.get(&[WORKSPACE_TABLE]) else {
        return Ok(None);
    };
    let Some(sections) = item.as_table_like() else {
        return Err(must_be_a_table(file, WORKSPACE_TABLE.to_owned(), item));
    };
    for (name, section) in sections.iter() {
        check_section(file, sections, name, section)?;
    }
    let fits = |name: &&str| workspace.is_some_and(|path| path.as_path().starts_with(name));
    let depth = |name: &&str| Path::new(*name).components().count();
    let best = sections.iter().map(|(name, _)| name).filter(fits).max_by_key(depth);
    Ok(best.map(str::to_owned))
}

fn check_section(
    file: &ConfigFile,
    sections: &dyn TableLike,
    name: &str,
    section: &Item,
) -> Result<(), ConfigError> {
    if !Path::new(name).is_absolute() {
        let position = key_position(file, sections, name);
        return Err(ConfigError::InvalidSection { position, text: name.to_owned() });
    }
    let Some(section) = section.as_table_like() else {
        return Err(must_be_a_table(file, format!("{WORKSPACE_TABLE}.{name}"), section));
    };
    let known: Vec<&'static str> = SETTINGS.iter().filter_map(SettingSpec::section_key).collect();
    let mut found = Vec::new();
    collect_unknown(file, section, "", &known, &mut found);
    found.into_iter().next().map_or(Ok(()), |unknown| Err(unknown.into_error(&known)))
}

/// Records the settings that the workspace's own file may not set, and returns those that wait for
/// approval.
pub(super) fn check_workspace_file(
    file: &ConfigFile,
    ignored: &mut Vec<IgnoredSetting>,
) -> Vec<Suggestion> {
    let may = |setting: &&SettingSpec| setting.trust != Trust::Never;
    let allowed: Vec<&'static str> = SETTINGS.iter().filter(may).map(|it| it.key).collect();
    for UnknownKey { position, key, .. } in unknown_keys(file, &allowed) {
        let table = format!("{key}.");
        let is_meant =
            |setting: &SettingSpec| setting.key == key || setting.key.starts_with(&table);
        let is_setting = key == WORKSPACE_TABLE || SETTINGS.iter().any(is_meant);
        let why = match is_setting {
            true => IgnoreReason::UserOnly,
            false => IgnoreReason::Unknown { nearest: suggest_key(&key, &allowed) },
        };
        ignored.push(IgnoredSetting { position, key, reason: why });
    }
    let waits = SETTINGS.iter().filter(|setting| setting.trust == Trust::WhenApproved);
    let suggestion = |setting: &SettingSpec| {
        let keys: Vec<&str> = setting.key.split('.').collect();
        let item = file.get(&keys)?;
        Some(Suggestion { position: position_of(file, item), key: setting.key.to_owned() })
    };
    waits.filter_map(suggestion).collect()
}

/// Returns the position of an item.
pub(super) fn position_of(file: &ConfigFile, item: &Item) -> TextPosition {
    let byte = item.span().map_or(0, |span| span.start);
    TextPosition::of_byte(file.path(), file.text(), byte)
}

/// A key that no setting has.
struct UnknownKey {
    position: TextPosition,
    key: String,
    /// The value.
    text: String,
}

impl UnknownKey {
    fn new(file: &ConfigFile, table: &dyn TableLike, name: &str, key: String, item: &Item) -> Self {
        Self {
            position: key_position(file, table, name),
            key,
            text: item.to_string().trim().to_owned(),
        }
    }

    fn into_error(self, known: &[&'static str]) -> ConfigError {
        let inner = format!("{}.", self.key);
        if known.iter().any(|known| known.starts_with(&inner)) {
            return ConfigError::WrongType {
                position: self.position,
                key: self.key,
                expected: "a table".to_owned(),
                text: self.text,
            };
        }
        ConfigError::UnknownKey {
            nearest: suggest_key(&self.key, known),
            position: self.position,
            key: self.key,
        }
    }
}

/// Returns the closest known setting, or for a key outside of tables the closest table.
fn suggest_key(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let has_table = |_: &(&str, &str)| !key.contains('.');
    let tables = known.iter().filter_map(|known| known.rsplit_once('.')).filter(has_table);
    closest_match(key, known.iter().copied().chain(tables.map(|(table, _)| table)))
}

/// Returns the keys that are neither known nor parents of known ones.
fn unknown_keys(file: &ConfigFile, known: &[&str]) -> Vec<UnknownKey> {
    let mut found = Vec::new();
    if let Some(root) = file.get(&[]).and_then(Item::as_table_like) {
        collect_unknown(file, root, "", known, &mut found);
    }
    found
}

fn collect_unknown(
    file: &ConfigFile,
    table: &dyn TableLike,
    prefix: &str,
    known: &[&str],
    found: &mut Vec<UnknownKey>,
) {
    for (name, item) in table.iter() {
        let key = format!("{prefix}{name}");
        let inner = format!("{key}.");
        match item.as_table_like() {
            _ if known.contains(&key.as_str()) => {}
            Some(table) if known.iter().any(|known| known.starts_with(&inner)) => {
                collect_unknown(file, table, &inner, known, found);
            }
            _ => {
                let unknown = UnknownKey::new(file, table, name, key, item);
                found.push(unknown);
            }
        }
    }
}

fn must_be_a_table(file: &ConfigFile, key: String, item: &Item) -> ConfigError {
    ConfigError::WrongType {
        position: position_of(file, item),
        key,
        expected: "a table".to_owned(),
        text: item.to_string().trim().to_owned(),
    }
}

fn key_position(file: &ConfigFile, table: &dyn TableLike, name: &str) -> TextPosition {
    let span = table.get_key_value(name).and_then(|(key, _)| key.span());
    TextPosition::of_byte(file.path(), file.text(), span.map_or(0, |span| span.start))
}
