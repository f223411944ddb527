//! Glob patterns for names.

/// Returns whether a name matches a pattern of `*`, `?` and `[…]`, as in fnmatch(3).
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // The position to resume at after the last star if the rest does not match.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, n));
            p += 1;
            continue;
        }
        if let Some(next) = match_one(&pattern, p, name[n]) {
            (p, n) = (next, n + 1);
            continue;
        }
        let Some((after, from)) = star else { return false };
        star = Some((after, from + 1));
        (p, n) = (after, from + 1);
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// Returns the position after the pattern element that matches the character.
fn match_one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match bracket_class(pattern, at) {
            Some((members, negated, next)) => {
                let found = members.windows(3).any(|w| w[1] == '-' && (w[0]..=w[2]).contains(&c))
                    || members.contains(&c);
                (found != negated).then_some(next)
            }
            None => (c == '[').then_some(at + 1),
        },
        '\\' => (pattern.get(at + 1) == Some(&c)).then_some(at + 2),
        &other => (other == c).then_some(at + 1),
    }
}

/// Returns the members of a bracket expression, whether it is negated, and its end;
/// `None` for an unclosed bracket.
fn bracket_class(pattern: &[char], at: usize) -> Option<(&[char], bool, usize)> {
    let negated = matches!(pattern.get(at + 1), Some('!' | '^'));
    let start = at + 1 + usize::from(negated);
    // A bracket in the first place is a member.
    let end = (start + 1..pattern.len()).find(|&end| pattern[end] == ']')?;
    Some((&pattern[start..end], negated, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.log", "a.log", true),
            ("*.log", "a.logs", false),
            ("*.priv.*", "a.priv.sh", true),
            ("*.priv.*", "a.private.sh", false),
            ("id_?", "id_x", true),
            ("[a-c]*", "cab", true),
            ("[!a-c]", "b", false),
            ("[", "[", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn names_match_themselves_and_a_star(name in "[a-z.]{0,8}", tail in "[a-z]{0,4}") {
            prop_assert!(matches(&name, &name));
            let with_star = format!("{name}*");
            let longer = format!("{name}{tail}");
            prop_assert!(matches(&with_star, &longer));
        }
    }
}
