//! Unknown keys and workspace tables.

use std::path::Path;

use toml_edit::{Item, TableLike};

use super::nearest::nearest;
use super::{
    ConfigError, ConfigFile, Ignored, Place, SETTINGS, SettingSpec, Suggestion, Trust, Why,
};
use crate::naming::WorkspacePath;

/// The table with one table per workspace.
pub const SECTIONS: &str = "workspace";

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
    for stray in strays(file, &known) {
        if stray.key != SECTIONS {
            return Err(stray.into_error(&known));
        }
    }
    let Some(item) = file.get(&[SECTIONS]) else {
        return Ok(None);
    };
    let Some(sections) = item.as_table_like() else {
        return Err(must_be_a_table(file, SECTIONS.to_owned(), item));
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
        let place = key_place(file, sections, name);
        return Err(ConfigError::Section { place, text: name.to_owned() });
    }
    let Some(section) = section.as_table_like() else {
        return Err(must_be_a_table(file, format!("{SECTIONS}.{name}"), section));
    };
    let known: Vec<&'static str> = SETTINGS.iter().filter_map(SettingSpec::section_key).collect();
    let mut found = Vec::new();
    collect(file, section, "", &known, &mut found);
    found.into_iter().next().map_or(Ok(()), |stray| Err(stray.into_error(&known)))
}

/// Records the settings that the workspace's own file may not set, and returns those that wait for
/// approval.
pub(super) fn sort_out(file: &ConfigFile, ignored: &mut Vec<Ignored>) -> Vec<Suggestion> {
    let may = |setting: &&SettingSpec| setting.trust != Trust::Never;
    let allowed: Vec<&'static str> = SETTINGS.iter().filter(may).map(|it| it.key).collect();
    for Stray { place, key, .. } in strays(file, &allowed) {
        let table = format!("{key}.");
        let is_meant =
            |setting: &SettingSpec| setting.key == key || setting.key.starts_with(&table);
        let is_setting = key == SECTIONS || SETTINGS.iter().any(is_meant);
        let why = match is_setting {
            true => Why::Never,
            false => Why::Unknown { nearest: meant(&key, &allowed) },
        };
        ignored.push(Ignored { place, key, why });
    }
    let waits = SETTINGS.iter().filter(|setting| setting.trust == Trust::Approved);
    let suggestion = |setting: &SettingSpec| {
        let keys: Vec<&str> = setting.key.split('.').collect();
        let item = file.get(&keys)?;
        Some(Suggestion { place: place_of(file, item), key: setting.key.to_owned() })
    };
    waits.filter_map(suggestion).collect()
}

/// Returns the position of an item.
pub(super) fn place_of(file: &ConfigFile, item: &Item) -> Place {
    let byte = item.span().map_or(0, |span| span.start);
    Place::of(file.path(), file.text(), byte)
}

/// A key that no setting has.
struct Stray {
    place: Place,
    key: String,
    /// The value.
    text: String,
}

impl Stray {
    fn new(file: &ConfigFile, table: &dyn TableLike, name: &str, key: String, item: &Item) -> Self {
        Self { place: key_place(file, table, name), key, text: item.to_string().trim().to_owned() }
    }

    fn into_error(self, known: &[&'static str]) -> ConfigError {
        let inner = format!("{}.", self.key);
        if known.iter().any(|known| known.starts_with(&inner)) {
            return ConfigError::WrongKind {
                place: self.place,
                key: self.key,
                expected: "a table".to_owned(),
                text: self.text,
            };
        }
        ConfigError::UnknownKey {
            nearest: meant(&self.key, known),
            place: self.place,
            key: self.key,
        }
    }
}

/// Returns the closest known setting or table.
fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let tables = known.iter().filter_map(|known| known.rsplit_once('.'));
    nearest(key, known.iter().copied().chain(tables.map(|(table, _)| table)))
}

/// Returns the keys that are neither known nor parents of known ones.
fn strays(file: &ConfigFile, known: &[&str]) -> Vec<Stray> {
    let mut found = Vec::new();
    if let Some(root) = file.get(&[]).and_then(Item::as_table_like) {
        collect(file, root, "", known, &mut found);
    }
    found
}

fn collect(
    file: &ConfigFile,
    table: &dyn TableLike,
    prefix: &str,
    known: &[&str],
    found: &mut Vec<Stray>,
) {
    for (name, item) in table.iter() {
        let key = format!("{prefix}{name}");
        let inner = format!("{key}.");
        match item.as_table_like() {
            _ if known.contains(&key.as_str()) => {}
            Some(table) if known.iter().any(|known| known.starts_with(&inner)) => {
                collect(file, table, &inner, known, found);
            }
            _ => {
                let stray = Stray::new(file, table, name, key, item);
                found.push(stray);
            }
        }
    }
}

fn must_be_a_table(file: &ConfigFile, key: String, item: &Item) -> ConfigError {
    ConfigError::WrongKind {
        place: place_of(file, item),
        key,
        expected: "a table".to_owned(),
        text: item.to_string().trim().to_owned(),
    }
}

fn key_place(file: &ConfigFile, table: &dyn TableLike, name: &str) -> Place {
    let span = table.get_key_value(name).and_then(|(key, _)| key.span());
    Place::of(file.path(), file.text(), span.map_or(0, |span| span.start))
}
