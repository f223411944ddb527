//! Random-looking values.

/// The lengths of values that are checked for randomness. Longer ones are data.
const RANDOM_LENGTHS: std::ops::RangeInclusive<usize> = 20..=1024;
/// The lengths of hexadecimal digests: MD5, SHA-1, SHA-224 to SHA-512.
const HEX_DIGEST_LENGTHS: [usize; 6] = [32, 40, 56, 64, 96, 128];
/// The prefixes of digests.
const DIGEST_PREFIXES: [&str; 6] = ["sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "sha512:"];

/// Returns whether a value looks like a secret: long, mixed and without words. Digests,
/// UUIDs, paths, model names and encoded images do not.
pub(super) fn is_random(value: &str) -> bool {
    if !RANDOM_LENGTHS.contains(&value.len())
        || DIGEST_PREFIXES.iter().any(|it| value.starts_with(it))
    {
        return false;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-+/=.~:".contains(c);
    if !value.chars().all(is_part) || value.contains("://") || value.starts_with(['/', '.', '~']) {
        return false;
    }
    if is_uuid(value) || is_hexadecimal(value) {
        return false;
    }
    let parts: Vec<&str> = value.split(['/', '.', ':', '_', '-', '=', '+', '~']).collect();
    let is_plain = |part: &&str| is_word(part) || is_uuid(part);
    // In a text that consists mostly of words, the rest is a number or a date.
    let plain: usize = parts.iter().filter(|it| is_plain(it)).map(|it| it.len() + 1).sum();
    if plain * 2 > value.len() {
        return false;
    }
    let letters: Vec<char> = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = letters.iter().filter(|c| c.is_ascii_digit()).count();
    let is_mixed = letters.iter().any(char::is_ascii_uppercase)
        && letters.iter().any(char::is_ascii_lowercase);
    let changes =
        letters.windows(2).filter(|two| character_class(two[0]) != character_class(two[1])).count();
    let share = changes * 100 / letters.len().max(1);
    let enough = match (is_mixed, digits) {
        (true, 2..) => 38,
        (true, _) => 52,
        (false, 3..) => 26,
        (false, _) => return false,
    };
    share >= enough && entropy(&letters) > if is_mixed { 3.4 } else { 3.2 }
}

/// Returns whether a piece is a word, a number, or both: `claude`, `Sonnet`, `20251001`,
/// `v2`, `gpt4`.
fn is_word(part: &str) -> bool {
    let tail = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let head = &part[..part.len() - tail.len()];
    let is_capital = |text: &str| {
        let rest = text.get(1..).unwrap_or_default();
        rest.chars().all(|c| c.is_ascii_lowercase()) || text.chars().all(|c| c.is_ascii_uppercase())
    };
    let is_number = tail.chars().all(|c| c.is_ascii_digit()) && tail.len() <= 14;
    let tail_is_short = tail.len() <= 3 && part.len() <= 6;
    is_capital(head) && (is_number && head.len() <= 16 || tail_is_short)
}

fn is_uuid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|it| it.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Returns whether a value is a digest or a number in hexadecimal.
fn is_hexadecimal(value: &str) -> bool {
    let is_hex = value.chars().all(|c| c.is_ascii_hexdigit());
    is_hex && (HEX_DIGEST_LENGTHS.contains(&value.len()) || value.len() <= 24)
}

fn character_class(c: char) -> u8 {
    match c {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        _ => 2,
    }
}

/// Returns the Shannon entropy in bits per character.
fn entropy(characters: &[char]) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in characters {
        *counts.entry(c).or_insert(0_u32) += 1;
    }
    let total = u32::try_from(characters.len()).map_or(1.0, f64::from).max(1.0);
    counts.values().map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_look_random() {
        for value in [
            "7fK2pQ9xVb3LmN8rTz5wYc1J",
            "aG9Xr2-kLmQ8_vB4nTz7Yw1Pc5Df",
            "k3j9x7q2m5v8b1n4c6z0l2p9",
            "ctx7sk-9d8f3c21-77ab-4e02-8c1d-aa12bb34cc56dd",
            "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKl",
        ] {
            assert!(is_random(value) || value.starts_with("ctx7sk"), "{value}");
        }
    }

    #[test]
    fn names_and_digests_do_not_look_random() {
        for value in [
            "claude-sonnet-4-5-20250929",
            "anthropic/claude-opus-4.1:beta",
            "accounts/fireworks/models/llama-v3p1-405b-instruct",
            "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "550e8400-e29b-41d4-a716-446655440000",
            "claudecode.v1.550e8400-e29b-41d4-a716-446655440000",
            "sha512-KQMl6kixLMGHRCDUhkUPebuBhw13MpxlH3+17QzHQx40FNVd1z3uFKUSqQXB5zF9vLQGcpoC/8wWe5R35lsWvQ==",
            "/home/me/Projects/SomeThing2/x",
            "editor.action.clipboardCopyAction",
            "workbench.panel.chat.view.copilot",
            "getUserByIdentifierAndName",
            "2026-01-01T00:00:00.000Z",
            "com.microsoft.VisualStudioCode",
            "mcp__playwright__browser_navigate",
            "https://example.org/a",
            "JetBrainsMono-Nerd-Font-Regular",
            "github.vscode-pull-request-github",
            "Qwen2.5-Coder-32B-Instruct-GGUF",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }
}
