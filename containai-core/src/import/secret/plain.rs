//! Plain text: a file with a secret is withheld.

use super::key_path::KeyPath;
use super::phrase::Strictness;
use super::private_key::has_private_key;
use super::screen::SecretFilter;

/// Returns the text if it contains no secret.
pub(super) fn scan(text: &str, sieve: &mut SecretFilter<'_>) -> Option<String> {
    let mut is_clean = true;
    if has_private_key(text) {
        is_clean &=
            !sieve.withholds_text(&KeyPath::of("private key"), text, Strictness::RandomOnly);
    }
    for (number, line) in text.lines().enumerate() {
        is_clean &= !sieve.withholds_text(&KeyPath::line(number + 1), line, Strictness::RandomOnly);
    }
    is_clean.then(|| text.to_owned())
}
