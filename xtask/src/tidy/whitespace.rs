//! White space at the end of lines and of files.

use super::source::Source;

/// Recorded data is not ours to tidy.
const DATA: [&str; 5] = [".jsonl", ".json", ".snap", ".lock", "LICENSE-APACHE"];

/// Looks at every text that people write.
pub(super) fn check(source: &Source) -> Vec<String> {
    if DATA.iter().any(|end| source.path.ends_with(end)) {
        return Vec::new();
    }
    let mut findings: Vec<_> = source
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_end() != *line)
        .map(|(index, _)| source.finding(index + 1, "white space at the end of the line"))
        .collect();
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        findings.push(source.finding(source.text.lines().count(), "no newline at the end"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn lines_end_where_they_end() {
        assert_eq!(check(&source("a.md", "x\n")).len(), 0);
        assert_eq!(check(&source("a.md", "x \ny")).len(), 2);
        assert_eq!(check(&source("a.jsonl", "x ")).len(), 0);
    }
}
