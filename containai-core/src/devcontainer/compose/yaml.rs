//! YAML of an untrusted file.

use serde_json::{Map, Value};

use crate::devcontainer::DevcontainerError;

/// Limits of a file. Aliases repeat what they stand for, so a short text can be a long document.
const MAX_NODES: usize = 20_000;
const MAX_DEPTH: usize = 40;
const MAX_ALIASES: usize = 2_000;
/// Limits of what aliases repeat, in parser events and in bytes.
const MAX_REPEATED: usize = 50_000;
const MAX_TEXT: usize = 4 << 20;

/// Parses a Compose file: a mapping, with anchors and merge keys.
///
/// # Errors
///
/// [`DevcontainerError::ComposeSyntax`].
pub(super) fn parse(path: &str, text: &str) -> Result<Map<String, Value>, DevcontainerError> {
    let refuse =
        |message: String| DevcontainerError::ComposeSyntax { path: path.to_owned(), message };
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: MAX_NODES * 4,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_merge_keys: MAX_ALIASES,
            max_total_scalar_bytes: MAX_TEXT,
            max_recorded_anchor_events: MAX_REPEATED,
            max_recorded_anchor_bytes: MAX_TEXT,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPEATED,
            max_replay_stack_depth: MAX_DEPTH,
        },
        // As in Compose, `on` and `no` are text.
        strict_booleans: true,
        // `!reset` and `!override` change how files are merged.
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options(text, options) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refuse("expected a mapping".to_owned())),
        Err(error) => Err(refuse(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_and_merge_keys_are_expanded() {
        let text = "x-env: &env {A: 1, B: \"two\"}\nservices:\n  app:\n    environment:\n      <<: *env\n      B: on\n    ports: [3000, '22:22']\n";
        let file = parse("c.yml", text).expect("YAML");
        assert_eq!(
            file["services"]["app"].to_string(),
            r#"{"environment":{"A":1,"B":"on"},"ports":[3000,"22:22"]}"#
        );
    }

    #[test]
    fn hostile_files_are_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let items = format!("*a{}, ", level - 1).repeat(9);
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        for (text, said) in [
            ("[1]", "expected a mapping"),
            ("a: b: c", ""),
            ("a: !override [b]", ""),
            ("a: 1\na: 2", ""),
            (&bomb, ""),
            (&format!("a: {}", "[".repeat(100_000)), ""),
            (&format!("a: {}", "{a: ".repeat(100_000)), ""),
            (&"- ".repeat(100_000), ""),
            (&"x: 1\n".repeat(100_000).replace('x', "?x"), ""),
        ] {
            let refused = parse("c.yml", text).expect_err("hostile").to_string();
            assert!(refused.starts_with("`c.yml` cannot be read: "), "{refused}");
            assert!(refused.contains(said) && refused.len() < 500, "{refused}");
        }
    }
}
