//! What signals to us mean for the remote command.

use std::future::pending;
use std::io;
use std::time::{Duration, Instant};

use containai_core::remote::RemoteError;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;

/// Whether signals to this process are meant for the remote command.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Signals {
    /// They are not; whoever embeds this decides what they do.
    #[default]
    Ignore,
    /// `SIGINT`, `SIGTERM` and `SIGHUP` are passed on, and changes of the
    /// terminal's size with them. From then on these signals do not end this
    /// process by themselves, even after the command has ended.
    Forward,
}

/// A second signal within this time means that the first had no effect.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// Where wishes come from.
pub(crate) enum Wishes {
    /// Signals to this process.
    Own(Listener),
    /// Another process, which gets the signals.
    Told(Receiver<Wish>),
}

impl Wishes {
    pub(crate) fn of_this_process(signals: Signals) -> Result<Self, RemoteError> {
        let listener = Listener::new(signals);
        let listener =
            listener.map_err(|source| RemoteError::Stream { stream: "signals", source })?;
        Ok(Self::Own(listener))
    }

    /// Waits for the next one.
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

/// The signals that are listened to.
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

/// What a signal asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// Pass it on, and stay.
    Pass(Name),
    /// Pass it on, and go.
    Leave(Name),
    /// The terminal has another size.
    Resize,
}

/// A signal that is passed on.
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
        // After a hang-up there is nobody to send a second signal.
        if is_second || name == Name::HangUp { Wish::Leave(name) } else { Wish::Pass(name) }
    }
}
