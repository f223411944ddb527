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
        '[' => match match_bracket(pattern, at, c) {
            Some((is_match, end)) => is_match.then_some(end),
            None => (c == '[').then_some(at + 1),
        },
        '\\' => (pattern.get(at + 1) == Some(&c)).then_some(at + 2),
        &other => (other == c).then_some(at + 1),
    }
}

/// Returns whether a bracket expression matches the character, and its end; `None` for an
/// unclosed bracket.
fn match_bracket(pattern: &[char], at: usize, c: char) -> Option<(bool, usize)> {
    let is_negated = matches!(pattern.get(at + 1), Some('!' | '^'));
    let start = at + 1 + usize::from(is_negated);
    let (mut next, mut is_member) = (start, false);
    // A bracket in the first place is a member.
    while next == start || *pattern.get(next)? != ']' {
        if let Some((class, end)) = character_class(pattern, next) {
            (next, is_member) = (end, is_member || is_in_class(&class, c));
            continue;
        }
        let (first, end) = member(pattern, next)?;
        next = end;
        let is_range = pattern.get(next) == Some(&'-') && *pattern.get(next + 1)? != ']';
        let (last, end) = if is_range { member(pattern, next + 1)? } else { (first, next) };
        (next, is_member) = (end, is_member || (first..=last).contains(&c));
    }
    Some((is_member != is_negated, next + 1))
}

/// Returns a character of a bracket expression, which may be escaped, and its end.
fn member(pattern: &[char], at: usize) -> Option<(char, usize)> {
    match pattern.get(at)? {
        '\\' => Some((*pattern.get(at + 1)?, at + 2)),
        &c => Some((c, at + 1)),
    }
}

/// Returns the name in `[:name:]` and its end.
fn character_class(pattern: &[char], at: usize) -> Option<(String, usize)> {
    let inside = pattern.get(at..)?.strip_prefix(&['[', ':'])?;
    let length = inside.windows(2).position(|pair| pair == [':', ']'])?;
    Some((inside[..length].iter().collect(), at + length + 4))
}

fn is_in_class(class: &str, c: char) -> bool {
    match class {
        "alnum" => c.is_alphanumeric(),
        "alpha" => c.is_alphabetic(),
        "blank" => matches!(c, ' ' | '\t'),
        "cntrl" => c.is_control(),
        "digit" => c.is_ascii_digit(),
        "graph" => !c.is_whitespace() && !c.is_control(),
        "lower" => c.is_lowercase(),
        "print" => !c.is_control(),
        "punct" => c.is_ascii_punctuation(),
        "space" => c.is_whitespace(),
        "upper" => c.is_uppercase(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
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

    /// The results are those of fnmatch(3) of glibc without flags.
    #[test]
    fn edge_cases() {
        for (pattern, name, expected) in [
            // A bracket in the first place is a member, a hyphen at an end as well.
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[!]a]", "b", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[a-]", "b", false),
            ("[a-c]", "-", false),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("[z-a]", "m", false),
            ("[^a]", "b", true),
            ("[[:digit:]x]", "5", true),
            ("[[:digit:]x]", "x", true),
            ("[[:digit:]x]", "a", false),
            // Unclosed brackets are characters.
            ("[a", "[a", true),
            ("[]", "[]", true),
            ("[!", "[!", true),
            // A backslash takes the meaning from the next character, in brackets as well.
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\\\", "\\", true),
            ("a\\", "a\\", false),
            ("[\\]]", "]", true),
            ("[\\]]", "\\]", false),
            // Hidden files, slashes and `**` are nothing special, and braces are characters.
            ("*", "", true),
            ("?", "", false),
            ("*", ".hidden", true),
            ("*", "a/b", true),
            ("a**b", "aXb", true),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            // Characters, not bytes; case matters.
            ("?", "ä", true),
            ("[ä-ü]", "ö", true),
            ("A", "a", false),
            // The work is bounded by the product of the lengths.
            ("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(pattern in r"[\[\]!^a:*?\\-]{0,10}", name in r"[\]a-]{0,6}") {
            let _ = matches(&pattern, &name);
        }

        #[test]
        fn names_match_themselves_and_a_star(name in "[a-z.]{0,8}", tail in "[a-z]{0,4}") {
            prop_assert!(matches(&name, &name));
            let with_star = format!("{name}*");
            let longer = format!("{name}{tail}");
            prop_assert!(matches(&with_star, &longer));
        }
    }
}
