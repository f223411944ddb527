//! Line diffs of two texts.

/// The maximum table size for the search of common lines; larger texts are shown as removed and
/// added as a whole.
const MAX_CELLS: usize = 1 << 22;

/// Returns both texts merged, each line after ` ` (unchanged), `-` (removed) or `+` (added).
#[must_use]
pub fn diff(before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_rest, tail) = old_rest.split_at(old_rest.len() - end);
    let mut lines = Vec::new();
    let mut push = |mark: char, line: &str| lines.push(format!("{mark}{line}"));
    old[..start].iter().for_each(|line| push(' ', line));
    push_changes(old_rest, &new_rest[..new_rest.len() - end], &mut push);
    tail.iter().for_each(|line| push(' ', line));
    lines.join("\n")
}

/// Emits the lines of both texts along their longest common subsequence.
fn push_changes(old: &[&str], new: &[&str], push: &mut impl FnMut(char, &str)) {
    let width = new.len() + 1;
    let mut lengths = Vec::new();
    if old.len().saturating_mul(new.len()) <= MAX_CELLS {
        lengths = vec![0u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                lengths[i * width + j] = match old[i] == new[j] {
                    true => lengths[(i + 1) * width + j + 1] + 1,
                    false => lengths[(i + 1) * width + j].max(lengths[i * width + j + 1]),
                };
            }
        }
    }
    let length = |i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b && !lengths.is_empty() => {
                push(' ', a);
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                push('-', a);
                i += 1;
            }
            (_, Some(b)) => {
                push('+', b);
                j += 1;
            }
            _ => break,
        }
    }
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
