//! Editing of TOML.

use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::json::REQUIRE_KEYS;
use super::key_path::KeyPath;
use super::plain;
use super::secret_filter::SecretFilter;

/// Removes secrets and keeps all other text; `None` if they cannot be removed.
pub(super) fn edit(text: &str, target: &str, filter: &mut SecretFilter<'_>) -> Option<String> {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return plain::scan(text, filter) };
    let is_insisting = REQUIRE_KEYS.contains(&target);
    let before = document.to_string();
    table(&KeyPath::default(), document.as_table_mut(), is_insisting, filter);
    let after = document.to_string();
    Some(if before == after { text.to_owned() } else { after })
}

fn table(
    path: &KeyPath,
    table: &mut dyn TableLike,
    is_insisting: bool,
    filter: &mut SecretFilter<'_>,
) {
    let mut removed = Vec::new();
    for (key, item) in table.iter_mut() {
        let path = path.name(key.get());
        if is_withheld(&path, item, filter) {
            match is_insisting {
                true => *item = toml_edit::value(""),
                false => removed.push(key.get().to_owned()),
            }
        } else {
            descend(&path, item, is_insisting, filter);
        }
    }
    for key in removed {
        table.remove(&key);
    }
}

fn is_withheld(path: &KeyPath, item: &Item, filter: &mut SecretFilter<'_>) -> bool {
    match item.as_value().and_then(text_of) {
        Some(text) => filter.withholds(path, &text),
        None => path.has_secret_name() && filter.withholds(path, ""),
    }
}

fn descend(path: &KeyPath, item: &mut Item, is_insisting: bool, filter: &mut SecretFilter<'_>) {
    match item {
        Item::Table(inner) => table(path, inner, is_insisting, filter),
        Item::ArrayOfTables(tables) => {
            for (index, inner) in tables.iter_mut().enumerate() {
                table(&path.element(index, None), inner, is_insisting, filter);
            }
        }
        Item::Value(Value::InlineTable(inner)) => table(path, inner, is_insisting, filter),
        Item::Value(Value::Array(inner)) => array(path, inner, is_insisting, filter),
        _ => {}
    }
}

fn array(path: &KeyPath, array: &mut Array, is_insisting: bool, filter: &mut SecretFilter<'_>) {
    let mut before = None;
    for index in 0..array.len() {
        let path = path.element(index, before.as_deref());
        before = array.get(index).and_then(text_of);
        if before.as_deref().is_some_and(|text| filter.withholds(&path, text)) {
            array.replace(index, "");
            continue;
        }
        match array.get_mut(index) {
            Some(Value::InlineTable(inner)) => table(&path, inner, is_insisting, filter),
            Some(Value::Array(inner)) => self::array(&path, inner, is_insisting, filter),
            _ => {}
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        _ => None,
    }
}
