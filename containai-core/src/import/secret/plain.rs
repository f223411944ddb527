//! Plain text: a file with a secret is withheld.

use super::key_path::KeyPath;
use super::phrase::Rigor;
use super::private_key::has_private_key;
use super::screen::Sieve;

/// Returns the text if it contains no secret.
pub(super) fn look(text: &str, sieve: &mut Sieve<'_>) -> Option<String> {
    let mut is_clean = true;
    if has_private_key(text) {
        is_clean &= !sieve.holds_back_text(&KeyPath::of("private key"), text, Rigor::Random);
    }
    for (number, line) in text.lines().enumerate() {
        is_clean &= !sieve.holds_back_text(&KeyPath::line(number + 1), line, Rigor::Random);
    }
    is_clean.then(|| text.to_owned())
}
