//! Line diffs of two texts.

use similar::{ChangeTag, TextDiff};

/// The maximum product of the numbers of lines. The search takes quadratic time at worst, and an
/// untrusted file may be one of the texts; larger ones are shown as removed and added as a whole.
const MAX_PRODUCT: usize = 1 << 22;

/// Returns both texts merged, each line after ` ` (unchanged), `-` (removed) or `+` (added).
#[must_use]
pub fn diff(before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let line = |mark: char, line: &str| format!("{mark}{line}");
    if old.len().saturating_mul(new.len()) > MAX_PRODUCT {
        let removed = old.iter().map(|it| line('-', it));
        return removed.chain(new.iter().map(|it| line('+', it))).collect::<Vec<_>>().join("\n");
    }
    let diff = TextDiff::from_slices(&old, &new);
    let marked = diff.iter_all_changes().map(|change| match change.tag() {
        ChangeTag::Equal => line(' ', change.value()),
        ChangeTag::Delete => line('-', change.value()),
        ChangeTag::Insert => line('+', change.value()),
    });
    marked.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_removed_and_added_lines() {
        insta::assert_snapshot!(diff("a\nb\nc\nd\n", "a\nc\nx\nd\ne\n"), @r"
         a
        -b
         c
        +x
         d
        +e
        ");
    }

    #[test]
    fn large_texts_are_replaced_as_a_whole() {
        let before = "a\n".repeat(3000);
        let shown = diff(&before, &"b\n".repeat(3000));
        assert_eq!(shown.lines().filter(|line| *line == "-a").count(), 3000);
        assert!(shown.ends_with("+b"));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_recovered(before in "([abc]\n){0,12}", after in "([abc]\n){0,12}") {
            let shown = diff(&before, &after);
            let side = |other: char| shown.lines().filter(|line| !line.starts_with(other)).map(|line| format!("{}\n", &line[1..])).collect::<String>();
            prop_assert_eq!(side('+'), before);
            prop_assert_eq!(side('-'), after);
        }
    }
}
