//! Warnings about failed connections of a forward.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A connection that could not be forwarded. Others may succeed, so it is a
/// warning.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Notice {
    /// The container cannot connect to the target of a local forward.
    RefusedInside {
        /// The target.
        target: String,
    },
    /// This machine cannot connect to the target of a remote forward.
    RefusedHere {
        /// The target.
        target: String,
        /// The system's error.
        reason: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RefusedInside { target } => {
                write!(f, "the container cannot connect to `{}`", target.escape_debug())
            }
            Self::RefusedHere { target, reason } => {
                write!(f, "cannot connect to `{}`: {reason}", target.escape_debug())
            }
        }
    }
}

/// The sender of warnings; each distinct one is sent once.
#[derive(Clone)]
pub(crate) struct Notices {
    sender: UnboundedSender<Notice>,
    shown: Arc<Mutex<BTreeSet<Notice>>>,
}

/// The maximum number of distinct warnings. The targets of a SOCKS proxy are
/// chosen by its clients.
const MOST: usize = 1000;

impl Notices {
    pub(crate) fn new() -> (Self, UnboundedReceiver<Notice>) {
        let (sender, receiver) = unbounded_channel();
        (Self { sender, shown: Arc::default() }, receiver)
    }

    pub(crate) fn tell(&self, notice: Notice) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() < MOST && shown.insert(notice.clone()) {
            // The receiver is closed at the end.
            let _ = self.sender.send(notice);
        }
    }
}
