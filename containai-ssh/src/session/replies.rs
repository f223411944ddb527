//! Matching of replies to requests.

use std::collections::VecDeque;

use containai_core::remote::RemoteError;

/// The pending requests of a channel; the server replies in order (RFC 4254
/// §5.4).
#[derive(Debug, Default)]
pub(super) struct PendingReplies(VecDeque<&'static str>);

impl PendingReplies {
    pub(super) fn expect(&mut self, what: &'static str) {
        self.0.push_back(what);
    }

    pub(super) fn succeeded(&mut self) {
        self.0.pop_front();
    }

    pub(super) fn failed(&mut self) -> RemoteError {
        RemoteError::Refused { what: self.0.pop_front().unwrap_or("a request") }
    }
}
