//! The fields of a forward, separated by colons.

use crate::naming::HostPort;

/// A field of a forward, without its brackets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Field {
    pub(super) text: String,
    is_bracketed: bool,
}

/// Splits at colons outside brackets; `None` for unbalanced brackets or text beside a
/// bracket.
pub(super) fn split(text: &str) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (field, tail) = match text.strip_prefix('[') {
            Some(inner) => {
                let (word, tail) = inner.split_once(']')?;
                if !tail.is_empty() && !tail.starts_with(':') {
                    return None;
                }
                (Field { text: word.to_owned(), is_bracketed: true }, tail.strip_prefix(':'))
            }
            None => {
                let (word, tail) =
                    text.split_once(':').map_or((text, None), |(word, tail)| (word, Some(tail)));
                (Field { text: word.to_owned(), is_bracketed: false }, tail)
            }
        };
        fields.push(field);
        rest = tail;
    }
    Some(fields)
}

impl Field {
    /// Returns whether it is the path of a socket. Paths that need quotes or escapes in
    /// OpenSSH's configuration are not allowed.
    pub(super) fn is_path(&self) -> bool {
        let is_strange = |c: char| c.is_control() || c.is_whitespace() || "\"'\\$%:[]#".contains(c);
        !self.is_bracketed
            && self.text.len() > 1
            && self.text.starts_with('/')
            && !self.text.contains(is_strange)
    }

    pub(super) fn port(&self) -> Option<HostPort> {
        self.text.parse().ok().filter(|_| !self.is_bracketed)
    }

    /// Returns a host name or an address. IPv6 addresses are in brackets, optionally with
    /// a zone (RFC 4007 §11).
    pub(super) fn host(&self) -> Option<String> {
        let (address, zone) = match self.text.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (self.text.as_str(), None),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_sixth = self.is_bracketed && address.contains(':');
        let is_host = address.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':')
            && address.chars().all(|c| is_plain(c) || (is_sixth && c == ':'))
            && zone.is_none_or(|zone| is_sixth && !zone.is_empty() && zone.chars().all(is_plain));
        is_host.then(|| self.text.clone())
    }
}
