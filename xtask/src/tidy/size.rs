//! One file, one noun.

use super::source::Source;

/// Past this there is a second noun inside.
const MOST: usize = 400;

/// Looks at Rust files.
pub(super) fn check(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    match source.is_rust() && lines > MOST {
        true => vec![source.finding(MOST, &format!("{lines} lines; {MOST} are the most"))],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn four_hundred_lines_are_the_most() {
        assert_eq!(check(&source("a.rs", &"x\n".repeat(400))).len(), 0);
        assert_eq!(check(&source("a.rs", &"x\n".repeat(401))).len(), 1);
        assert_eq!(check(&source("a.md", &"x\n".repeat(401))).len(), 0);
    }
}
