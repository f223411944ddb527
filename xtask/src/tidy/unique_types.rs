//! One type name, one type.

use std::collections::BTreeMap;

use super::source::Source;

/// Names that several types may have, and why.
const EXCEPTIONS: [(&str, &str); 2] = [
    ("Command", "as in `std::process`: in a sandbox, and of an SSH session"),
    ("Stdio", "as in `std::process`: of a command in a sandbox, and of an SSH session"),
];

/// The names of structs, enums, unions, traits and type aliases in the product
/// code of the published packages are unique, private ones included. Associated
/// types and types that a macro generates are not compared.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut types: BTreeMap<&str, Vec<(&Source, usize)>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.product_of().is_some()) {
        for (number, line) in source.code() {
            if let Some(name) = defined(line) {
                types.entry(name).or_default().push((source, number));
            }
        }
    }
    let is_exception = |name: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == name);
    types
        .iter()
        .filter(|(name, places)| places.len() > 1 && !is_exception(name))
        .flat_map(|(name, places)| {
            let (first, line) = places[0];
            let what = format!("`{name}` is also a type in {}:{line}", first.path);
            places[1..].iter().map(move |(source, number)| source.finding(*number, &what))
        })
        .collect()
}

/// The name of the type that a line of code defines.
fn defined(line: &str) -> Option<&str> {
    let is_nested = line.starts_with(' ');
    let mut words = line.split_whitespace();
    let mut word = words.next()?;
    if word.starts_with("pub") {
        word = words.next()?;
        // `pub(in crate::a)` has a space in it.
        if word.ends_with(')') {
            word = words.next()?;
        }
    }
    if matches!(word, "unsafe" | "auto") {
        word = words.next()?;
    }
    let is_type = match word {
        "struct" | "enum" | "trait" | "union" => true,
        "type" => !is_nested,
        _ => false,
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = words.next().filter(|_| is_type)?;
    let name = &name[..name.find(|c| !is_name(c)).unwrap_or(name.len())];
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn types_are_found() {
        assert_eq!(defined("pub struct Name(String);"), Some("Name"));
        assert_eq!(defined("pub(crate) enum Kind {"), Some("Kind"));
        assert_eq!(defined("pub(in crate::a) trait Open<T> {"), Some("Open"));
        assert_eq!(defined("    struct Raw {"), Some("Raw"));
        assert_eq!(defined("type Rule = fn(&str);"), Some("Rule"));
        assert_eq!(defined("    type Err = Error;"), None);
        assert_eq!(defined("    pub struct $name(String);"), None);
        assert_eq!(defined("let structure = 1;"), None);
    }

    #[test]
    fn names_are_unique_across_packages() {
        let core = source("containai-core/src/a.rs", "pub struct Entry;\n");
        let cli = source("containai-cli/src/b.rs", "\nenum Entry {\n}\n");
        let test = source("containai-cli/src/tests.rs", "struct Entry;\n");
        let unit = source("containai-ssh/src/c.rs", "#[cfg(test)]\nstruct Entry;\n");
        let kit = source("tests/src/entry.rs", "struct Entry;\n");
        let findings = check(&[core.clone(), cli, test, unit, kit]);
        assert_eq!(
            findings,
            ["containai-cli/src/b.rs:2: `Entry` is also a type in containai-core/src/a.rs:1"]
        );
        assert_eq!(check(&[core]).len(), 0);
    }
}
