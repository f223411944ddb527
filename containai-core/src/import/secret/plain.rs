//! Plain text: a file with a secret is withheld.

use super::key_path::KeyPath;
use super::phrase::Strictness;
use super::private_key::has_private_key;
use super::secret_filter::SecretFilter;

/// Returns the text if it contains no secret.
pub(super) fn scan(text: &str, filter: &mut SecretFilter<'_>) -> Option<String> {
    let mut is_clean = true;
    if has_private_key(text) {
        is_clean &=
            !filter.withholds_text(&KeyPath::of("private key"), text, Strictness::RandomOnly);
    }
    for (number, line) in text.lines().enumerate() {
        is_clean &=
            !filter.withholds_text(&KeyPath::line(number + 1), line, Strictness::RandomOnly);
    }
    is_clean.then(|| text.to_owned())
}
