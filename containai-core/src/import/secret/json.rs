//! Editing of JSON, with comments and trailing commas.

use std::ops::Range;

use jsonc_parser::ast::{Object, ObjectPropName, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::key_path::KeyPath;
use super::plain;
use super::secret_filter::SecretFilter;

/// The maximum nesting depth.
const MAX_DEPTH: usize = 128;
/// Files of programs that require their keys: only the values are removed.
pub(super) const REQUIRE_KEYS: [&str; 4] =
    ["kimi/config.toml", "kimi-code/config.toml", "pi/models.json", "continue/config.json"];

/// Removes secrets and keeps all other text; `None` if they cannot be removed.
pub(super) fn edit(text: &str, target: &str, filter: &mut SecretFilter<'_>) -> Option<String> {
    let options = ParseOptions::default();
    let parsed = match exceeds_max_depth(text) {
        true => None,
        false => parse_to_ast(text, &CollectOptions::default(), &options).ok(),
    };
    let Some(parsed) = parsed else { return plain::scan(text, filter) };
    let mut walk =
        JsonEditor { text, keeps_keys: REQUIRE_KEYS.contains(&target), edits: Vec::new(), filter };
    match parsed.value {
        Some(value) => walk.value(&KeyPath::default(), &value),
        None => return plain::scan(text, walk.filter),
    }
    let mut edits = walk.edits;
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut edited = text.to_owned();
    for (range, new) in edits {
        edited.replace_range(range, new);
    }
    Some(edited)
}

struct JsonEditor<'w, 's> {
    text: &'w str,
    keeps_keys: bool,
    edits: Vec<(Range<usize>, &'static str)>,
    filter: &'w mut SecretFilter<'s>,
}

impl JsonEditor<'_, '_> {
    fn value(&mut self, path: &KeyPath, value: &Value<'_>) {
        match value {
            Value::Object(object) => self.object(path, object),
            Value::Array(array) => {
                let mut before = None;
                for (index, element) in array.elements.iter().enumerate() {
                    let path = path.element(index, before.as_deref());
                    before = text_of(element);
                    match &before {
                        Some(text) if self.filter.withholds(&path, text) => {
                            self.edits.push((range(element), "\"\""));
                        }
                        _ => self.value(&path, element),
                    }
                }
            }
            // A file can consist of one string.
            Value::StringLit(text)
                if path.to_string().is_empty() && self.filter.withholds(path, &text.value) =>
            {
                self.edits.push((range(value), "\"\""));
            }
            _ => {}
        }
    }

    fn object(&mut self, path: &KeyPath, object: &Object<'_>) {
        let mut removed = Vec::new();
        for (index, property) in object.properties.iter().enumerate() {
            let name = match &property.name {
                ObjectPropName::String(name) => name.value.to_string(),
                ObjectPropName::Word(name) => name.value.to_owned(),
            };
            let path = path.name(&name);
            let text = text_of(&property.value);
            let is_named_secret = text.is_none() && KeyPath::of(&name).has_secret_name();
            if text.is_some_and(|text| self.filter.withholds(&path, &text))
                || is_named_secret && self.filter.withholds(&path, "")
            {
                removed.push(index);
            } else {
                self.value(&path, &property.value);
            }
        }
        if self.keeps_keys {
            let values = removed.iter().map(|&index| &object.properties[index].value);
            return self.edits.extend(values.map(|value| (range(value), "\"\"")));
        }
        self.remove(object, &removed);
    }

    /// Removes members with their commas; the rest stays valid.
    fn remove(&mut self, object: &Object<'_>, removed: &[usize]) {
        let member = |index: usize| {
            let property = &object.properties[index];
            property.range.start..property.range.end
        };
        for &index in removed {
            let Range { start, end } = member(index);
            let after = self.find_comma(end).map(|comma| comma + 1);
            let end = after.map_or(end, |after| {
                let blank = &self.text[after..];
                // A comment on the same line is kept.
                after + (blank.len() - blank.trim_start().len())
            });
            self.edits.push((start..end, ""));
        }
        let last = object.properties.len().saturating_sub(1);
        let kept = (0..object.properties.len()).rev().find(|index| !removed.contains(index));
        if removed.contains(&last)
            && self.find_comma(member(last).end).is_none()
            && let Some((kept, comma)) =
                kept.and_then(|index| Some((index, self.find_comma(member(index).end)?)))
        {
            let next = member(kept + 1).start;
            let is_blank = self.text[comma + 1..next].trim().is_empty();
            self.edits.push((comma..if is_blank { next } else { comma + 1 }, ""));
        }
    }

    /// Returns the position of the comma after a value; comments may precede it.
    fn find_comma(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = &self.text[at..];
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            let length = match trimmed {
                _ if trimmed.starts_with(',') => return Some(at),
                _ if trimmed.starts_with("//") => trimmed.find('\n')?,
                _ if trimmed.starts_with("/*") => trimmed.find("*/")? + 2,
                _ => return None,
            };
            at += length;
        }
    }
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::StringLit(text) => Some(text.value.to_string()),
        Value::NumberLit(number) => Some(number.value.to_owned()),
        _ => None,
    }
}

fn range(value: &Value<'_>) -> Range<usize> {
    value.start()..value.end()
}

/// Returns whether the text is nested more deeply than [`MAX_DEPTH`].
fn exceeds_max_depth(text: &str) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}
