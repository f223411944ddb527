//! Values of the sections of an agent.

use toml_edit::{Item, TableLike};

use super::ManifestErrorKind;

/// Returns the strings of an array; none for another value.
pub(super) fn texts(table: &dyn TableLike, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(Item::as_array);
    array.into_iter().flatten().filter_map(|value| value.as_str()).map(str::to_owned).collect()
}

pub(super) fn wrong_type(key: &str, expected: &'static str) -> ManifestErrorKind {
    ManifestErrorKind::WrongType { key: key.to_owned(), expected }
}
