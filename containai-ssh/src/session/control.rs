//! Control of a running command by the embedding program.

use std::future::pending;

use russh::Sig;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::terminal::TerminalSize;

/// The number of messages that wait for a slow connection.
const QUEUED_MESSAGES: usize = 8;

/// A signal that SSH can send to a remote command (RFC 4254 §6.10).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Signal {
    /// `SIGABRT`.
    Abort,
    /// `SIGALRM`.
    Alarm,
    /// `SIGHUP`.
    HangUp,
    /// `SIGINT`.
    Interrupt,
    /// `SIGKILL`.
    Kill,
    /// `SIGPIPE`.
    Pipe,
    /// `SIGQUIT`.
    Quit,
    /// `SIGTERM`.
    Terminate,
    /// `SIGUSR1`.
    User1,
    /// `SIGUSR2`, which OpenSSH accepts besides those of the RFC.
    User2,
}

impl Signal {
    fn to_ssh(self) -> Sig {
        match self {
            Self::Abort => Sig::ABRT,
            Self::Alarm => Sig::ALRM,
            Self::HangUp => Sig::HUP,
            Self::Interrupt => Sig::INT,
            Self::Kill => Sig::KILL,
            Self::Pipe => Sig::PIPE,
            Self::Quit => Sig::QUIT,
            Self::Terminate => Sig::TERM,
            Self::User1 => Sig::USR1,
            Self::User2 => Sig::Custom("USR2".to_owned()),
        }
    }
}

/// Sends signals and terminal sizes to the command of a
/// [`Session::exec_controlled`](super::Session::exec_controlled).
#[derive(Clone, Debug)]
pub struct CommandControl {
    sender: Sender<ControlMessage>,
}

/// The receiving end of a [`CommandControl`].
#[derive(Debug)]
pub struct ControlReceiver(Receiver<ControlMessage>);

/// A message to a running command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ControlMessage {
    Signal(Signal),
    Resize(TerminalSize),
}

impl CommandControl {
    /// Creates a control and its receiving end.
    #[must_use]
    pub fn new() -> (Self, ControlReceiver) {
        let (sender, receiver) = channel(QUEUED_MESSAGES);
        (Self { sender }, ControlReceiver(receiver))
    }

    /// Sends a signal to the command's process group. A command that has ended
    /// ignores it.
    pub async fn signal(&self, signal: Signal) {
        let _ = self.sender.send(ControlMessage::Signal(signal)).await;
    }

    /// Sends a signal without waiting; returns whether it was queued.
    pub fn try_signal(&self, signal: Signal) -> bool {
        self.sender.try_send(ControlMessage::Signal(signal)).is_ok()
    }

    /// Sends a new size of the terminal. A command without a terminal ignores
    /// it.
    pub async fn resize(&self, size: TerminalSize) {
        let _ = self.sender.send(ControlMessage::Resize(size)).await;
    }
}

impl ControlReceiver {
    /// Waits for the next message; forever after every sender was dropped.
    pub(super) async fn next(&mut self) -> ControlMessage {
        match self.0.recv().await {
            Some(message) => message,
            None => pending().await,
        }
    }
}

impl ControlMessage {
    /// Sends the message on the channel of a command.
    pub(super) async fn send(
        self,
        write: &russh::ChannelWriteHalf<russh::client::Msg>,
    ) -> Result<(), russh::Error> {
        match self {
            Self::Signal(signal) => write.signal(signal.to_ssh()).await,
            Self::Resize(TerminalSize { columns, rows }) => {
                write.window_change(columns.into(), rows.into(), 0, 0).await
            }
        }
    }
}
