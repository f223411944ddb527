//! The command line stays small.

use super::source::Source;

/// Product lines of `containai-cli` stay below this number: about 75 a command.
const LIMIT: usize = 7400;

/// Counts the lines of the package's product code: comments included, unit
/// tests excluded.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let product = sources.iter().filter(|it| it.product_of() == Some("containai-cli"));
    let lines: usize =
        product.map(|source| source.text.lines().count() - source.lexed.test_lines).sum();
    match lines < LIMIT {
        true => Vec::new(),
        false => vec![format!("containai-cli/src:1: {lines} product lines; the limit is {LIMIT}")],
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn only_product_lines_of_the_command_line_are_limited() {
        let find = |path: &str, text: &str| check(&[source(path, text)]).len();
        let long = "x\n".repeat(LIMIT);
        let tests = format!("a\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(find("containai-cli/src/a.rs", &long), 1);
        assert_eq!(find("containai-cli/src/a.rs", &long[2..]), 0);
        assert_eq!(find("containai-cli/src/a.rs", &tests), 0);
        assert_eq!(find("containai-cli/tests/it/a.rs", &long), 0);
        assert_eq!(find("containai/src/a.rs", &long), 0);
    }
}
