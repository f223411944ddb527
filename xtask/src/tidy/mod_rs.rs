//! What a `mod.rs` is for.

use super::source::Source;

/// A `mod.rs` says what there is: docs, `mod`, `use`, and at a border the trait
/// itself. What is done stands in a file with a name. The command line's own
/// may hand an enum of verbs to their files.
pub(super) fn check(source: &Source) -> Vec<String> {
    if !source.path.ends_with("/mod.rs") || source.is_below("containai-cli/src/commands/") {
        return Vec::new();
    }
    let is_body = |line: &str| {
        let line = line.trim_start();
        let is_function = line.contains("fn ") && line.trim_end().ends_with('{');
        is_function || line.starts_with("impl ") || line.starts_with("impl<")
    };
    source
        .code()
        .filter(|(_, line)| is_body(line))
        .map(|(number, _)| source.finding(number, "a `mod.rs` holds no logic"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn mod_rs_holds_no_logic() {
        let find = |path: &str, text: &str| check(&source(path, text)).len();
        assert_eq!(find("a/mod.rs", "mod b;\npub use b::B;\n"), 0);
        assert_eq!(find("a/mod.rs", "pub trait T {\n    fn f(&self);\n}\n"), 0);
        assert_eq!(find("a/mod.rs", "fn f() {\n}\n"), 1);
        assert_eq!(find("a/mod.rs", "impl T for S {\n}\n"), 1);
        assert_eq!(find("a/b.rs", "fn f() {\n}\n"), 0);
    }
}
