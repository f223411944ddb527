//! Variables in Compose files.
//!
//! Source: <https://docs.docker.com/reference/compose-file/interpolation/>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::naming::EnvName;

/// The deepest nesting of variables in default values.
const MAX_DEPTH: usize = 8;

/// The variables of a project: those of its `.env` file. All others are variables of the host, which
/// a default value replaces without asking.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ComposeVariables(pub(super) BTreeMap<String, String>);

impl ComposeVariables {
    /// Replaces variables in all strings. A variable of the host becomes `${localEnv:NAME}`, which
    /// `devcontainer.json` reads only if the user approved that.
    pub(super) fn expand(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.expand_text(text, MAX_DEPTH)),
            Value::Array(items) => items.iter().map(|item| self.expand(item)).collect(),
            Value::Object(object) => {
                object.iter().map(|(key, value)| (key.clone(), self.expand(value))).collect()
            }
            other => other.clone(),
        }
    }

    pub(super) fn expand_text(&self, text: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some((inner, after)) = braced(rest) {
                out.push_str(&self.expand_braced(inner, depth));
                rest = after;
            } else {
                let (name, after) = rest.split_at(name_length(rest));
                match name {
                    "" => out.push('$'),
                    name => out.push_str(&self.value(name)),
                }
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }

    /// Expands the text between braces: a name, and what to use instead of its value.
    fn expand_braced(&self, inner: &str, depth: usize) -> String {
        let (name, word) = inner.split_at(name_length(inner));
        let value = self.0.get(name);
        let filled = value.filter(|value| !value.is_empty());
        let expand = |word: &str| match depth.checked_sub(1) {
            Some(depth) => self.expand_text(word, depth),
            None => String::new(),
        };
        if let Some(word) = word.strip_prefix(":-") {
            filled.cloned().unwrap_or_else(|| expand(word))
        } else if let Some(word) = word.strip_prefix('-') {
            value.cloned().unwrap_or_else(|| expand(word))
        } else if let Some(word) = word.strip_prefix(":+") {
            filled.map(|_| expand(word)).unwrap_or_default()
        } else if let Some(word) = word.strip_prefix('+') {
            value.map(|_| expand(word)).unwrap_or_default()
        } else {
            // A message of `?` is for values that are missing on the host.
            self.value(name)
        }
    }

    fn value(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(value) => value.clone(),
            None => format!("${{localEnv:{name}}}"),
        }
    }
}

/// Returns the names of the host's variables in an expanded value.
pub(super) fn host_variables(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let parts = text.split("${localEnv:").skip(1);
            let found = parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name);
            names.extend(found.filter(|name| EnvName::parse(name).is_ok()).map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| host_variables(item, names)),
        Value::Object(object) => object.values().for_each(|value| host_variables(value, names)),
        _ => {}
    }
}

/// Returns the text between braces at the beginning, and the text after them.
fn braced(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let mut depth = 1usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let is_variable = name_length(inner) > 0;
            return is_variable.then(|| (&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match text.starts_with(|c: char| c.is_ascii_digit()) {
        true => 0,
        false => text.find(|c| !is_name(c)).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables() -> ComposeVariables {
        let pairs = [("A", "1"), ("B", "$A"), ("E", "")];
        ComposeVariables(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn variables_are_expanded_as_by_compose() {
        for (text, expected) in [
            ("x", "x"),
            ("$A.${A}", "1.1"),
            ("$B", "$A"),
            ("$$A $${A}", "$A ${A}"),
            ("${NONE:-d}${A:-d}${E:-d}${E-d}${NONE-d}", "d1dd"),
            ("${NONE:-${A}-${E:-x}}", "1-x"),
            ("${A:+y}${NONE:+y}${E:+y}${E+z}", "yz"),
            ("${HOME}/x", "${localEnv:HOME}/x"),
            ("${NONE:?it is missing}", "${localEnv:NONE}"),
            ("${NONE:-${HOME}}", "${localEnv:HOME}"),
            ("$1 ${1} ${ ${A $", "$1 ${1} ${ ${A $"),
        ] {
            assert_eq!(variables().expand_text(text, MAX_DEPTH), expected, "{text}");
        }
        let value = serde_json::json!({"a": ["$A", "$HOME"], "b": {"c": "${X}$$x"}, "d": 1});
        let value = variables().expand(&value);
        assert_eq!(
            value.to_string(),
            r#"{"a":["1","${localEnv:HOME}"],"b":{"c":"${localEnv:X}$x"},"d":1}"#
        );
        let mut names = BTreeSet::new();
        host_variables(&value, &mut names);
        assert_eq!(names, ["HOME".to_owned(), "X".to_owned()].into());
    }

    proptest! {
        #[test]
        fn expansion_always_ends(text in "[$A{}:+?-]{0,80}|.{0,40}") {
            variables().expand_text(&text, MAX_DEPTH);
        }
    }
}
