//! Tokens with a known prefix.

use super::reference::is_sample;

/// The characters after a prefix.
#[derive(Clone, Copy)]
enum TokenCharset {
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `-` and `_`.
    Url,
    /// Letters, digits, and `-_.=+/`.
    Any,
    /// Upper-case letters and digits.
    Capital,
}

use TokenCharset::{Alphanumeric, Any, Capital, Url};

/// Prefixes, the minimum number of characters after them, and the kind of these
/// characters.
const TOKEN_PREFIXES: &[(&str, usize, TokenCharset)] = &[
    ("sk-ant-", 16, Url),
    ("sk-proj-", 20, Url),
    ("sk-or-v1-", 20, Alphanumeric),
    ("sk-svcacct-", 20, Url),
    ("sk-", 20, Url),
    ("sk_live_", 16, Alphanumeric),
    ("sk_test_", 16, Alphanumeric),
    ("rk_live_", 16, Alphanumeric),
    ("whsec_", 20, Any),
    ("ghp_", 30, Alphanumeric),
    ("gho_", 30, Alphanumeric),
    ("ghu_", 30, Any),
    ("ghs_", 30, Any),
    ("ghr_", 30, Alphanumeric),
    ("github_pat_", 22, Url),
    ("glpat-", 20, Any),
    ("gldt-", 20, Url),
    ("glrt-", 20, Url),
    ("glptt-", 20, Url),
    ("xoxb-", 10, Url),
    ("xoxp-", 10, Url),
    ("xoxa-", 10, Url),
    ("xoxr-", 10, Url),
    ("xoxs-", 10, Url),
    ("xoxc-", 10, Url),
    ("xoxd-", 10, Any),
    ("xoxe", 12, Any),
    ("xapp-", 10, Url),
    ("AKIA", 16, Capital),
    ("ASIA", 16, Capital),
    ("AIza", 30, Url),
    ("ya29.", 20, Any),
    ("GOCSPX-", 20, Url),
    ("npm_", 30, Alphanumeric),
    ("hf_", 30, Alphanumeric),
    ("pypi-AgE", 30, Url),
    ("dckr_pat_", 20, Url),
    ("dp.pt.", 20, Alphanumeric),
    ("lin_api_", 20, Alphanumeric),
    ("lin_oauth_", 20, Alphanumeric),
    ("figd_", 20, Url),
    ("SG.", 40, Any),
    ("shpat_", 20, Alphanumeric),
    ("shpss_", 20, Alphanumeric),
    ("dop_v1_", 30, Alphanumeric),
    ("hvs.", 20, Url),
    ("hvb.", 20, Url),
    ("r8_", 30, Alphanumeric),
    ("gsk_", 30, Alphanumeric),
    ("pplx-", 30, Alphanumeric),
    ("xai-", 40, Alphanumeric),
    ("nvapi-", 30, Url),
    ("tvly-", 20, Url),
    ("fc-", 32, Alphanumeric),
    ("csk-", 30, Alphanumeric),
    ("AGE-SECRET-KEY-1", 40, Capital),
    ("AGE-PLUGIN-", 40, Capital),
    ("ATATT3x", 30, Any),
    ("ATCTT3x", 30, Any),
    ("ntn_", 30, Alphanumeric),
    ("secret_", 40, Alphanumeric),
    ("PMAK-", 30, Url),
    ("sntrys_", 30, Any),
    ("sntryu_", 30, Alphanumeric),
    ("NRAK-", 20, Capital),
    ("dapi", 32, Alphanumeric),
    ("sbp_", 30, Alphanumeric),
    ("nfp_", 30, Alphanumeric),
    ("glsa_", 30, Url),
    ("glc_", 30, Any),
    ("ctx7sk-", 20, Url),
    ("e2b_", 30, Alphanumeric),
    ("jina_", 30, Alphanumeric),
    ("tskey-", 20, Url),
    ("tfp_", 30, Alphanumeric),
    ("vercel_", 24, Alphanumeric),
    ("fm2_", 40, Any),
    ("FlyV1", 40, Any),
    ("rubygems_", 30, Alphanumeric),
    ("CLOJARS_", 30, Alphanumeric),
    ("eyJ", 40, Any),
];

/// The first characters of the prefixes.
const FIRST_CHARACTERS: [bool; 128] = {
    let mut first = [false; 128];
    let mut index = 0;
    while index < TOKEN_PREFIXES.len() {
        first[TOKEN_PREFIXES[index].0.as_bytes()[0] as usize] = true;
        index += 1;
    }
    first
};

/// Returns whether a text contains a token.
pub(super) fn has_token(text: &str) -> bool {
    let starts = text.char_indices().scan(' ', |before, (at, c)| {
        let is_start =
            !before.is_ascii_alphanumeric() && c.is_ascii() && FIRST_CHARACTERS[c as usize];
        *before = c;
        Some((at, is_start))
    });
    starts.filter(|(_, is_start)| *is_start).any(|(at, _)| is_token(&text[at..]))
}

/// Returns whether a text begins with a token.
fn is_token(text: &str) -> bool {
    TOKEN_PREFIXES.iter().any(|&(start, least, tail)| {
        let Some(rest) = text.strip_prefix(start) else { return false };
        let end = rest.find(|c| !tail.contains(c)).unwrap_or(rest.len());
        let found = &rest[..end];
        found.len() >= least
            && !is_sample(found)
            && match start {
                // A JSON Web Token has three parts; the second is an object as well.
                "eyJ" => found.matches('.').count() == 2 && found.contains(".eyJ"),
                "AKIA" | "ASIA" => found.len() == 16,
                "AGE-SECRET-KEY-1" => true,
                // Names of files and classes also begin with these short prefixes.
                "sk-" | "fc-" | "hf_" | "dapi" | "secret_" | "vercel_" => is_mixed(found),
                _ => has_digit(found) || is_mixed(found),
            }
    })
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// Returns whether letters and digits alternate more often than in words.
fn is_mixed(text: &str) -> bool {
    let longest = text.split(['-', '_', '.']).max_by_key(|part| part.len()).unwrap_or_default();
    let kinds: Vec<bool> = longest.chars().map(|c| c.is_ascii_digit()).collect();
    let changes = kinds.windows(2).filter(|two| two[0] != two[1]).count();
    longest.len() >= 12 && changes >= 3
}

impl TokenCharset {
    fn contains(self, c: char) -> bool {
        match self {
            Alphanumeric => c.is_ascii_alphanumeric(),
            Url => c.is_ascii_alphanumeric() || "-_".contains(c),
            Any => c.is_ascii_alphanumeric() || "-_.=+/".contains(c),
            Capital => c.is_ascii_uppercase() || c.is_ascii_digit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a token at run time, so that secret scanners do not report this file.
    fn sample_token(start: &str, length: usize) -> String {
        let cycle = "q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5Jg0Fy".chars().cycle();
        start.chars().chain(cycle.take(length)).collect()
    }

    #[test]
    fn tokens_are_found_by_prefix() {
        for start in [
            "sk-ant-api03-",
            "sk-proj-",
            "sk-",
            "ghp_",
            "github_pat_",
            "gho_",
            "glpat-",
            "hf_",
            "npm_",
            "AIza",
            "xoxb-",
        ] {
            let token = sample_token(start, 40);
            assert!(has_token(&token), "{token}");
            assert!(has_token(&format!("curl -H 'x: {token}' x")), "{token}");
            assert!(!has_token(&format!("a{token}")) || start == "sk-ant-api03-", "{token}");
        }
        assert!(has_token(concat!("AK", "IAQ7RT2ZP9LM4XW1NV")));
        assert!(has_token(concat!(
            "AGE-SECRET-",
            "KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQY"
        )));
    }

    #[test]
    fn samples_and_names_are_no_tokens() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_your_token_here_your_token_here",
            "sk-some-long-name-of-a-class-in-css",
            "risk-assessment-of-something-long-1",
            "hf_transfer",
            "npm_config_registry",
            "npm_lifecycle_event_of_a_long_script_name",
            "eyJustaword",
            "",
        ] {
            assert!(!has_token(text), "{text}");
        }
    }
}
