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
const REPEAT_WINDOW: Duration = Duration::from_secs(1);

/// The source of signal actions.
pub(crate) enum SignalSource {
    /// Signals to this process.
    Process(SignalListener),
    /// Another process, which receives the signals.
    Channel(Receiver<SignalAction>),
}

impl SignalSource {
    pub(crate) fn of_this_process(signals: Signals) -> Result<Self, RemoteError> {
        let listener = SignalListener::new(signals);
        let listener =
            listener.map_err(|source| RemoteError::StandardStream { stream: "signals", source })?;
        Ok(Self::Process(listener))
    }

    /// Waits for the next action.
    pub(crate) async fn next(&mut self) -> SignalAction {
        match self {
            Self::Process(listener) => listener.next().await,
            Self::Channel(receiver) => match receiver.recv().await {
                Some(action) => action,
                None => pending().await,
            },
        }
    }
}

/// The signals listened to.
pub(crate) struct SignalListener {
    streams: Option<SignalStreams>,
    last: Option<Instant>,
}

struct SignalStreams {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    resize: Signal,
}

/// The action of a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignalAction {
    /// Forward it, and continue.
    Forward(ForwardedSignal),
    /// Forward it, and detach.
    Detach(ForwardedSignal),
    /// Send the new size of the terminal.
    Resize,
}

/// A signal that is forwarded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ForwardedSignal {
    Interrupt,
    Terminate,
    HangUp,
}

impl ForwardedSignal {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }

    pub(super) fn to_ssh(self) -> russh::Sig {
        match self {
            Self::HangUp => russh::Sig::HUP,
            Self::Interrupt => russh::Sig::INT,
            Self::Terminate => russh::Sig::TERM,
        }
    }
}

impl SignalListener {
    fn new(signals: Signals) -> io::Result<Self> {
        let streams = match signals {
            Signals::Ignore => None,
            Signals::Forward => Some(SignalStreams {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                resize: signal(SignalKind::window_change())?,
            }),
        };
        Ok(Self { streams, last: None })
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> SignalAction {
        let Some(streams) = &mut self.streams else {
            return pending().await;
        };
        let name = tokio::select! {
            _ = streams.interrupt.recv() => ForwardedSignal::Interrupt,
            _ = streams.terminate.recv() => ForwardedSignal::Terminate,
            _ = streams.hang_up.recv() => ForwardedSignal::HangUp,
            _ = streams.resize.recv() => return SignalAction::Resize,
        };
        let last = self.last.replace(Instant::now());
        let is_second = last.is_some_and(|last| last.elapsed() < REPEAT_WINDOW);
        // After a hangup, no second signal can follow.
        if is_second || name == ForwardedSignal::HangUp {
            SignalAction::Detach(name)
        } else {
            SignalAction::Forward(name)
        }
    }
}
