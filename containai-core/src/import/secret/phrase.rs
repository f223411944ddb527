//! Secrets within a text: headers, flags and assignments.

use super::key_name::{KeyMeaning, key_meaning};
use super::known_token::has_token;
use super::random::is_random;
use super::reference::{is_reference, is_sample};

/// The condition for a value to be a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Strictness {
    /// Any literal value, for commands and arguments.
    AnyLiteral,
    /// A random-looking value, for code and prose.
    RandomOnly,
}

/// Names of HTTP authorization schemes, and the last words of header names.
const AUTH_SCHEMES: [&str; 6] = ["bearer", "basic", "token", "apikey", "digest", "bot"];

/// Returns whether a text contains a secret: `Authorization: Bearer x`, `--api-key x`,
/// `TOKEN=x`, `"token": "x"`.
pub(super) fn has_secret(text: &str, rigor: Strictness) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let mut at = 0;
    while let Some(start) = text[at..].find(is_name).map(|found| at + found) {
        let end = text[start..].find(|c| !is_name(c)).map_or(text.len(), |found| start + found);
        let (name, rest) = (&text[start..end], &text[end..]);
        at = end;
        if name.len() > 2 && is_secret_assignment(name, rest, rigor) {
            return true;
        }
    }
    false
}

fn is_secret_assignment(name: &str, rest: &str, rigor: Strictness) -> bool {
    let is_scheme = AUTH_SCHEMES.contains(&name.to_lowercase().as_str());
    if is_scheme
        && rest.starts_with(' ')
        && is_plausible_secret(first_word(rest), Strictness::RandomOnly)
    {
        return true;
    }
    let is_flag = name.starts_with("--");
    if key_meaning(name) != KeyMeaning::Secret {
        return false;
    }
    let after = rest.trim_start_matches(['"', '\'', '\\', ']']);
    let trimmed = after.trim_start_matches([' ', '\t']);
    let (separator, value) = match trimmed.chars().next() {
        Some(c @ ('=' | ':')) => (c, trimmed[1..].trim_start_matches('=')),
        // A doubled sign is a comparison.
        _ if is_flag && trimmed.len() < after.len() => (' ', trimmed),
        _ => return false,
    };
    if trimmed.starts_with("==") || trimmed.starts_with("::") {
        return false;
    }
    let word = first_word(value);
    let is_header = name.eq_ignore_ascii_case("authorization")
        || name.to_lowercase().starts_with("x-")
        || name.eq_ignore_ascii_case("private-token");
    let (word, is_header) = match AUTH_SCHEMES.contains(&word.to_lowercase().as_str()) {
        true => {
            let after = value.find(word).map_or("", |at| &value[at + word.len()..]);
            (first_word(after), true)
        }
        false => (word, is_header),
    };
    // In prose a colon follows any word.
    let rigor = if separator == ':' && !is_header { Strictness::RandomOnly } else { rigor };
    is_plausible_secret(word, rigor)
}

fn is_plausible_secret(word: &str, rigor: Strictness) -> bool {
    let is_literal = !word.is_empty()
        && !word.starts_with(['$', '`', '{', '<', '%', '-', '(', '[', '@'])
        && !is_reference(word)
        && !word.chars().all(|c| c.is_ascii_digit());
    let is_sum = word.len() >= 32 && word.chars().all(|c| c.is_ascii_hexdigit());
    match rigor {
        Strictness::AnyLiteral => is_literal,
        Strictness::RandomOnly => {
            is_literal && !is_sample(word) && (is_random(word) || is_sum || has_token(word))
        }
    }
}

/// Returns the first word without its quotes.
fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches([' ', '\t', '"', '\'', '\\']);
    let end = text.find(|c: char| c.is_whitespace() || "\"'\\,;)]}&|".contains(c));
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_with_secrets_are_found() {
        for (text, literal, random) in [
            ("curl -H \"Authorization: Bearer CANARY8\" https://x", true, false),
            ("curl -H \\\"Authorization: Bearer CANARY8\\\" https://x", true, false),
            ("-H 'Authorization: Bearer $TOKEN'", false, false),
            ("-H 'Authorization: token q7Rt2Zp9Lm4Xw1Nv8Bc3'", true, true),
            ("X-Api-Key: hunter2", true, false),
            ("serve --api-key hunter2 --port 1", true, false),
            ("serve --api-key=hunter2", true, false),
            ("serve --api-key \"$KEY\" --max-tokens 4096", false, false),
            ("GITHUB_TOKEN=hunter2", true, false),
            ("token = q7Rt2Zp9Lm4Xw1Nv8Bc3", true, true),
            ("the token: a word that says who you are", false, false),
            ("const token = await getToken()", true, false),
            ("if (token == 'x') return", false, false),
            ("{\"api_key\": \"q7Rt2Zp9Lm4Xw1Nv8Bc3\"}", true, true),
            ("Bearer q7Rt2Zp9Lm4Xw1Nv8Bc3", true, true),
            ("a bearer of news", false, false),
        ] {
            assert_eq!(has_secret(text, Strictness::AnyLiteral), literal, "{text}");
            assert_eq!(has_secret(text, Strictness::RandomOnly), random, "{text}");
        }
    }
}
