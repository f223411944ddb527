//! JSON with comments.

use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast, parse_to_serde_value};
use serde_json::{Map, Value};

use super::error::DevcontainerError;

/// The maximum nesting depth.
const MAX_DEPTH: usize = 64;

/// Parses a text whose value is an object.
///
/// # Errors
///
/// [`DevcontainerError::Syntax`] or [`DevcontainerError::WrongType`].
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, DevcontainerError> {
    let text = text.trim_start_matches('\u{feff}');
    if let Some(byte) = find_excess_depth(text) {
        return Err(syntax_error(text, byte, "values are nested too deeply"));
    }
    let value: Option<Value> = parse_to_serde_value(text, &parse_options())
        .map_err(|error| syntax_error(text, error.range().start, &error.kind().to_string()))?;
    match value {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(DevcontainerError::WrongType { key: "the file".into(), expected: "an object" }),
    }
}

/// Returns the keys of an object in the file, in document order.
pub(super) fn key_order(text: &str, of: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}');
    let parsed = parse_to_ast(text, &CollectOptions::default(), &parse_options());
    let Some(ast::Value::Object(object)) = parsed.ok().and_then(|parsed| parsed.value) else {
        return Vec::new();
    };
    let inner = object.get_object(of);
    let names = inner.iter().flat_map(|object| &object.properties);
    names.map(|property| property.name.clone().into_string()).collect()
}

/// Returns the parser options: comments and trailing commas are the only extensions of JSON.
fn parse_options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: true,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn syntax_error(text: &str, byte: usize, message: &str) -> DevcontainerError {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    DevcontainerError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.to_lowercase(),
    }
}

/// Returns the position where the nesting exceeds the maximum: the recursive parser would overflow
/// the stack.
fn find_excess_depth(text: &str) -> Option<usize> {
    let (mut depth, mut is_text, mut is_escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_accepted() {
        let text = "\u{feff}// a\n{ /* b */ \"x\": \"// no\", \"y\": [1, 2,],\n}\n";
        let object = parse(text).expect("JSON");
        assert_eq!(Value::Object(object).to_string(), "{\"x\":\"// no\",\"y\":[1,2]}");
    }

    #[test]
    fn keys_keep_their_order() {
        let text = "{\"a\": 1, \"features\": {\"./z\": {}, /* x */ \"./a\": true}}";
        assert_eq!(key_order(text, "features"), ["./z", "./a"]);
        assert!(key_order(text, "a").is_empty() && key_order("{", "a").is_empty());
    }

    #[test]
    fn errors_report_their_position() {
        for (text, expected) in [
            ("[]", "`the file` must be an object"),
            ("", "`the file` must be an object"),
            ("{\n  \"a\": }", "line 2, column 8: "),
            ("{'a': 1}", "line 1, column 2: "),
            (
                &format!("{{\"a\":{}", "[".repeat(100_000)),
                "line 1, column 69: values are nested too deeply",
            ),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
