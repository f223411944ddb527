//! Forwarding of local signals to the remote command.

use std::future::pending;
use std::io;
use std::time::{Duration, Instant};

use containai_core::remote::RemoteError;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;

/// Whether signals to this process are forwarded to the remote command.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Signals {
    /// They are not; the embedding program handles them.
    #[default]
    Ignore,
    /// `SIGINT`, `SIGTERM`, `SIGHUP` and changes of the terminal's size are
    /// forwarded. From then on these signals do not end this process by
    /// themselves, even after the command has ended.
    Forward,
}

/// A second signal within this time means that the first had no effect.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// The source of signal actions.
pub(crate) enum Wishes {
    /// Signals to this process.
    Own(Listener),
    /// Another process, which receives the signals.
    Told(Receiver<Wish>),
}

impl Wishes {
    pub(crate) fn of_this_process(signals: Signals) -> Result<Self, RemoteError> {
        let listener = Listener::new(signals);
        let listener =
            listener.map_err(|source| RemoteError::Stream { stream: "signals", source })?;
        Ok(Self::Own(listener))
    }

    /// Waits for the next action.
    pub(crate) async fn next(&mut self) -> Wish {
        match self {
            Self::Own(listener) => listener.next().await,
            Self::Told(receiver) => match receiver.recv().await {
                Some(wish) => wish,
                None => pending().await,
            },
        }
    }
}

/// The signals listened to.
pub(crate) struct Listener {
    streams: Option<Streams>,
    last: Option<Instant>,
}

struct Streams {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    resize: Signal,
}

/// The action of a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// Forward it, and continue.
    Pass(Name),
    /// Forward it, and detach.
    Leave(Name),
    /// Send the new size of the terminal.
    Resize,
}

/// A signal that is forwarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Name {
    Interrupt,
    Terminate,
    HangUp,
}

impl Name {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }

    pub(super) fn on_the_wire(self) -> russh::Sig {
        match self {
            Self::HangUp => russh::Sig::HUP,
            Self::Interrupt => russh::Sig::INT,
            Self::Terminate => russh::Sig::TERM,
        }
    }
}

impl Listener {
    fn new(signals: Signals) -> io::Result<Self> {
        let streams = match signals {
            Signals::Ignore => None,
            Signals::Forward => Some(Streams {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                resize: signal(SignalKind::window_change())?,
            }),
        };
        Ok(Self { streams, last: None })
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> Wish {
        let Some(streams) = &mut self.streams else {
            return pending().await;
        };
        let name = tokio::select! {
            _ = streams.interrupt.recv() => Name::Interrupt,
            _ = streams.terminate.recv() => Name::Terminate,
            _ = streams.hang_up.recv() => Name::HangUp,
            _ = streams.resize.recv() => return Wish::Resize,
        };
        let last = self.last.replace(Instant::now());
        let is_second = last.is_some_and(|last| last.elapsed() < IMPATIENCE);
        // After a hangup, no second signal can follow.
        if is_second || name == Name::HangUp { Wish::Leave(name) } else { Wish::Pass(name) }
    }
}
