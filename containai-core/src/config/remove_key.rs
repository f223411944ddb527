//! Removal of single keys from a file.

use toml_edit::{Document, Item, TableLike};

/// Returns the text of a file without the key at a key path.
///
/// The lines of the key are cut from the text, because `toml_edit` would remove the comments before
/// them as well. Keys within a line are removed by `toml_edit`.
pub(super) fn text_without_key(document: &Document<String>, keys: &[&str]) -> String {
    if let Some(text) = cut_key_lines(document, keys) {
        return text;
    }
    let mut edited = document.clone().into_mut();
    remove_key(edited.as_table_mut(), keys);
    edited.to_string()
}

fn cut_key_lines(document: &Document<String>, keys: &[&str]) -> Option<String> {
    let (last, parents) = keys.split_last()?;
    let (key, item) = item_at(document, parents)?.as_table_like()?.get_key_value(last)?;
    let start = key.span()?.start;
    let end = match item {
        Item::Value(value) => value.span()?.end,
        // The header of a table ends with its line.
        _ => start,
    };
    let text = document.raw();
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text.get(end..)?.find('\n').map_or(text.len(), |newline| end + newline + 1);
    let before = text.get(line_start..start)?;
    let behind = text.get(end..line_end)?.trim();
    let is_alone = match item {
        Item::Value(_) => {
            !before.contains(['=', '{', '[', '"', '\''])
                && (behind.is_empty() || behind.starts_with('#'))
        }
        _ => before.trim_start().starts_with('['),
    };
    is_alone.then(|| format!("{}{}", &text[..line_start], &text[line_end..]))
}

/// Returns the item at a key path.
pub(super) fn item_at<'a>(document: &'a Document<String>, keys: &[&str]) -> Option<&'a Item> {
    keys.iter().try_fold(document.as_item(), |item, key| item.as_table_like()?.get(key))
}

fn remove_key(table: &mut dyn TableLike, keys: &[&str]) {
    match keys {
        [] => {}
        [last] => {
            table.remove(last);
        }
        [first, rest @ ..] => {
            if let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut) {
                remove_key(inner, rest);
            }
        }
    }
}
