//! Warnings about failed connections of a forward.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A connection that could not be forwarded. Others may succeed, so it is a
/// warning.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ForwardWarning {
    /// The container cannot connect to the target of a local forward.
    RemoteConnectFailed {
        /// The target.
        target: String,
    },
    /// This machine cannot connect to the target of a remote forward.
    LocalConnectFailed {
        /// The target.
        target: String,
        /// The system's error.
        reason: String,
    },
}

impl fmt::Display for ForwardWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoteConnectFailed { target } => {
                write!(f, "the container cannot connect to `{}`", target.escape_debug())
            }
            Self::LocalConnectFailed { target, reason } => {
                write!(f, "cannot connect to `{}`: {reason}", target.escape_debug())
            }
        }
    }
}

/// The sender of warnings; each distinct one is sent once.
#[derive(Clone)]
pub(crate) struct WarningSender {
    sender: UnboundedSender<ForwardWarning>,
    sent: Arc<Mutex<BTreeSet<ForwardWarning>>>,
}

/// The maximum number of distinct warnings. The targets of a SOCKS proxy are
/// chosen by its clients.
const MAX_DISTINCT: usize = 1000;

impl WarningSender {
    pub(crate) fn new() -> (Self, UnboundedReceiver<ForwardWarning>) {
        let (sender, receiver) = unbounded_channel();
        (Self { sender, sent: Arc::default() }, receiver)
    }

    pub(crate) fn send(&self, notice: ForwardWarning) {
        let mut shown = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() < MAX_DISTINCT && shown.insert(notice.clone()) {
            // The receiver is closed at the end.
            let _ = self.sender.send(notice);
        }
    }
}
