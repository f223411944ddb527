//! Classification of single values.

use super::file_origin::FileOrigin;
use super::key_name::KeyMeaning;
use super::key_path::KeyPath;
use super::known_token::has_token;
use super::phrase::{self, Strictness};
use super::private_key::has_private_key;
use super::random::is_random;
use super::reference::{is_reference, is_sample, prints_literal};
use super::url::{self, UrlParts};

/// Returns whether a value is a secret, by its key and by itself.
pub(super) fn is_secret(path: &KeyPath, value: &str, place: FileOrigin) -> bool {
    let meaning = path.meaning();
    if path.has_secret_name() || is_certain(value) {
        return true;
    }
    match (place, meaning) {
        (FileOrigin::ThirdParty, KeyMeaning::Secret | KeyMeaning::Possible) => {
            is_random(value) && !is_sample(value)
        }
        (FileOrigin::ThirdParty, _) => url::has_secret(value, UrlParts::User),
        (FileOrigin::UserSettings, KeyMeaning::Secret) => {
            !is_reference(without_scheme(value)) && !is_token_count(path, value)
        }
        (FileOrigin::UserSettings, KeyMeaning::Possible) => {
            is_likely(value) || contains_secret(value)
        }
        (FileOrigin::UserSettings, KeyMeaning::Command) => {
            prints_literal(value) || contains_secret(value)
        }
        (FileOrigin::UserSettings, KeyMeaning::Identifier) => contains_secret(value),
        (FileOrigin::UserSettings, KeyMeaning::Nothing) => {
            is_random(value) || contains_secret(value)
        }
    }
}

/// Returns whether a text is or contains a secret in any context.
pub(super) fn is_certain(text: &str) -> bool {
    has_token(text) || has_private_key(text)
}

fn contains_secret(value: &str) -> bool {
    url::has_secret(value, UrlParts::All) || phrase::has_secret(value, Strictness::AnyLiteral)
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
fn is_token_count(path: &KeyPath, value: &str) -> bool {
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
