//! What a person should know while something is forwarded.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A connection that could not be led on. Others may be, so it is no error.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Notice {
    /// The container cannot connect to what a local forward leads to.
    RefusedInside {
        /// Where it was to connect.
        target: String,
    },
    /// This side cannot connect to what a remote forward leads to.
    RefusedHere {
        /// Where it was to connect.
        target: String,
        /// What the system said.
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

/// Where notices come in; each is passed on once.
#[derive(Clone)]
pub(crate) struct Notices {
    sender: UnboundedSender<Notice>,
    shown: Arc<Mutex<BTreeSet<Notice>>>,
}

/// How many different notices are remembered. With a SOCKS server the targets
/// are whatever somebody asks for.
const MOST: usize = 1000;

impl Notices {
    pub(crate) fn new() -> (Self, UnboundedReceiver<Notice>) {
        let (sender, receiver) = unbounded_channel();
        (Self { sender, shown: Arc::default() }, receiver)
    }

    pub(crate) fn tell(&self, notice: Notice) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() < MOST && shown.insert(notice.clone()) {
            // Nobody listens any more when everything ends.
            let _ = self.sender.send(notice);
        }
    }
}
