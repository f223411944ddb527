use crate::config::error::ValueError;

/// Parses `true` and `false` and their common synonyms.
pub(in crate::config) fn read_bool(text: &str) -> Result<bool, ValueError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("expected `true` or `false`".into()),
    }
}
