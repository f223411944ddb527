//! Names that say nothing.

use super::source::Source;

/// A helper is the helper container; `helpers` are functions without a noun.
const EMPTY: [&str; 9] =
    ["common", "helpers", "manager", "misc", "service", "services", "shared", "util", "utils"];

/// A file is named after the one noun in it.
pub(super) fn check(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return Vec::new();
    }
    let words = source.path.trim_end_matches(".rs").split('/');
    words
        .filter(|word| EMPTY.contains(word))
        .map(|word| source.finding(1, &format!("`{word}` says nothing: name the noun in it")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn files_have_names() {
        assert_eq!(check(&source("containai-core/src/naming/utils.rs", "")).len(), 1);
        assert_eq!(check(&source("containai-core/src/helpers/mod.rs", "")).len(), 1);
        assert_eq!(check(&source("containai-core/src/service_name.rs", "")).len(), 0);
    }
}
