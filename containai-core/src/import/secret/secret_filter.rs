//! Decisions on the values of a file.

use super::allowed::AllowedSecret;
use super::file_origin::FileOrigin;
use super::key_path::KeyPath;
use super::phrase::{self, Strictness};
use super::url;
use super::value::{is_certain, is_secret};

/// Decides on each value and collects the keys of the removed ones.
pub(super) struct SecretFilter<'a> {
    origin: FileOrigin,
    allowed: Vec<&'a AllowedSecret>,
    pub(super) keys: Vec<String>,
    /// Values that the user allows.
    pub(super) allowed_values: Vec<String>,
}

impl<'a> SecretFilter<'a> {
    pub(super) fn new(origin: FileOrigin, allowed: Vec<&'a AllowedSecret>) -> Self {
        Self { origin, allowed, keys: Vec::new(), allowed_values: Vec::new() }
    }

    /// Returns whether a value must be removed.
    pub(super) fn withholds(&mut self, path: &KeyPath, value: &str) -> bool {
        is_secret(path, value, self.origin) && self.record(path, value)
    }

    /// Returns whether a text without a key of its own must be removed.
    pub(super) fn withholds_text(&mut self, path: &KeyPath, text: &str, rigor: Strictness) -> bool {
        let is_secret = match self.origin {
            FileOrigin::UserSettings => {
                is_certain(text)
                    || phrase::has_secret(text, rigor)
                    || url::has_secret(text, url::UrlParts::User)
            }
            FileOrigin::ThirdParty => is_certain(text),
        };
        is_secret && self.record(path, text)
    }

    pub(super) fn record(&mut self, path: &KeyPath, value: &str) -> bool {
        let key = path.to_string();
        if self.allowed.iter().any(|allowed| allowed.allows(&key)) {
            self.allowed_values.push(value.to_owned());
            return false;
        }
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
        true
    }
}
