//! Every file says what it is.

use super::source::Source;

/// A Rust file begins with its docs, `//!`. A file that holds one public item
/// may leave it to that item's docs, which then stand above all code.
pub(super) fn check(source: &Source) -> Vec<String> {
    if !source.is_rust() || source.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let lines = source.text.lines().map(str::trim_start);
    let is_documented = source.text.trim_start().starts_with("//!")
        || lines
            .take_while(|line| !line.starts_with("pub") && !line.starts_with("fn "))
            .any(|line| line.starts_with("///"));
    match is_documented {
        true => Vec::new(),
        false => vec![source.finding(1, "neither the file nor its first item says what it is")],
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn docs_come_first() {
        assert_eq!(check(&source("a.rs", "\n//! A thing.\n")).len(), 0);
        assert_eq!(check(&source("a.rs", "use x;\n\n/// A thing.\npub struct A;\n")).len(), 0);
        assert_eq!(
            check(&source("a.rs", "use x;\npub struct A;\n/// More.\nfn f() {}\n")).len(),
            1
        );
        assert_eq!(check(&source("a.md", "text\n")).len(), 0);
    }
}
