//! Recommended extensions of VS Code.

use serde_json::Value;

/// The limit for extensions that are named.
const MAX_EXTENSIONS: usize = 64;

/// Returns the extensions of VS Code that the value of [`DEVCONTAINER_METADATA`](crate::label::DEVCONTAINER_METADATA) recommends, such as
/// `rust-lang.rust-analyzer`, without those that it removes with a leading `-`. Texts that are no
/// identifiers of extensions are skipped.
///
/// ```
/// use containai_core::devcontainer::recommended_extensions;
///
/// let metadata = r#"[{"customizations": {"vscode": {"extensions": ["a.b", "--c d"]}}}]"#;
/// assert_eq!(recommended_extensions(metadata), ["a.b"]);
/// ```
#[must_use]
pub fn recommended_extensions(metadata: &str) -> Vec<String> {
    let Ok(metadata) = serde_json::from_str::<Value>(metadata) else { return Vec::new() };
    let entries = match &metadata {
        Value::Array(entries) => entries.as_slice(),
        entry => std::slice::from_ref(entry),
    };
    let mut found: Vec<String> = Vec::new();
    let all = entries.iter().filter_map(|it| it.pointer("/customizations/vscode/extensions"));
    for id in all.filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
        match id.strip_prefix('-') {
            Some(removed) => found.retain(|it| !it.eq_ignore_ascii_case(removed)),
            None if is_extension(id) && !found.iter().any(|it| it == id) => {
                found.push(id.to_owned());
            }
            None => {}
        }
    }
    found.truncate(MAX_EXTENSIONS);
    found
}

/// Whether the text is `PUBLISHER.NAME`, optionally with `@VERSION`.
fn is_extension(id: &str) -> bool {
    let (name, version) = id.split_once('@').unwrap_or((id, "0"));
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    id.len() < 200 && name.contains('.') && is_word(name) && is_word(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_all_entries_are_merged() {
        let metadata = r#"[{"customizations": {"vscode": {"extensions": ["a.b", "c.d@1.2", "x"]}}}, {"id": "f"},
            {"customizations": {"vscode": {"extensions": ["A.b", "-a.b", "e.f;g", "-h", 1, "a.b --x", "é.b"]}}}]"#;
        assert_eq!(recommended_extensions(metadata), ["c.d@1.2"]);
        for text in ["", "[", "1", "[1]", r#"{"customizations": 1}"#] {
            assert_eq!(recommended_extensions(text), [] as [&str; 0], "{text}");
        }
    }
}
