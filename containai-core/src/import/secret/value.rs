//! Classification of single values.

use super::key_name::KeyMeaning;
use super::key_path::KeyPath;
use super::known_token::has_token;
use super::phrase::{self, Rigor};
use super::place::Place;
use super::private_key::has_private_key;
use super::random::is_random;
use super::reference::{is_reference, is_sample, prints_literal};
use super::url::{self, Parts};

/// Returns whether a value is a secret, by its key and by itself.
pub(super) fn is_secret(path: &KeyPath, value: &str, place: Place) -> bool {
    let meaning = path.meaning();
    if path.has_secret_name() || is_certain(value) {
        return true;
    }
    match (place, meaning) {
        (Place::Packages, KeyMeaning::Secret | KeyMeaning::Perhaps) => {
            is_random(value) && !is_sample(value)
        }
        (Place::Packages, _) => url::has_secret(value, Parts::User),
        (Place::Settings, KeyMeaning::Secret) => {
            !is_reference(without_scheme(value)) && !is_sum_of_tokens(path, value)
        }
        (Place::Settings, KeyMeaning::Perhaps) => is_likely(value) || is_said(value),
        (Place::Settings, KeyMeaning::Command) => prints_literal(value) || is_said(value),
        (Place::Settings, KeyMeaning::Identifier) => is_said(value),
        (Place::Settings, KeyMeaning::Nothing) => is_random(value) || is_said(value),
    }
}

/// Returns whether a text is or contains a secret in any context.
pub(super) fn is_certain(text: &str) -> bool {
    has_token(text) || has_private_key(text)
}

fn is_said(value: &str) -> bool {
    url::has_secret(value, Parts::All) || phrase::has_secret(value, Rigor::Literal)
}

/// Returns whether a value of a possible secret key looks like a secret: one mixed word
/// that is not a natural one.
fn is_likely(value: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_=+/.~:".contains(c);
    let longest = value.split(['-', '_', '+', '/', '.', ':', '=']).max_by_key(|part| part.len());
    let longest = longest.unwrap_or_default();
    let has = |is: fn(&char) -> bool| longest.chars().any(|c| is(&c));
    let is_mixed = has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic())
        || longest.chars().skip(1).any(|c| c.is_ascii_uppercase())
            && has(|c| c.is_ascii_lowercase());
    value.chars().all(is_part)
        && longest.len() >= 8
        && is_mixed
        && !is_reference(value)
        && !is_sample(value)
}

/// A number of tokens is not secret; a password can be a number.
fn is_sum_of_tokens(path: &KeyPath, value: &str) -> bool {
    let key = path.to_string().to_lowercase();
    !value.is_empty()
        && value.chars().all(|c| c.is_ascii_digit() || "._".contains(c))
        && !key.contains("pass")
}

/// Returns the text after the authorization scheme of a header.
fn without_scheme(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, rest)) if ["bearer", "basic", "token"].contains(&&*scheme.to_lowercase()) => {
            rest
        }
        _ => value,
    }
}
