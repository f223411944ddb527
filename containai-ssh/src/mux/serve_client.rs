//! The daemon's side of one client.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Duration;

use containai_core::remote::RemoteError;
use russh::Channel;
use russh::client::Msg;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::daemon_state::DaemonState;
use super::handshake::{self, Handshake, MuxRequest};
use super::message_socket::MessageSocket;
use super::pool::OpenConnection;
use super::reply::{CommandFailure, MuxReply};
use super::start::{self, PassedStreams, StartCommand, decode_action};
use super::target::Target;
use crate::session::{
    ExitOutcome, ForwardedSignal, Input, Output, Session, SignalAction, SignalSource, Signals,
    Stdio,
};

/// The timeout of a client's request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum number of pending signals.
const SIGNAL_QUEUE_LEN: usize = 16;

/// Serves one client until it disconnects.
pub(super) async fn serve_client(daemon: &DaemonState, stream: UnixStream) {
    let mut socket = MessageSocket::new(stream);
    if socket.is_same_user() {
        // A client that disconnects or sends a malformed message gets no reply.
        let _ = handle_request(daemon, &mut socket).await;
    }
}

async fn handle_request(daemon: &DaemonState, socket: &mut MessageSocket) -> io::Result<()> {
    let late = |_| io::Error::from(ErrorKind::TimedOut);
    let message = timeout(REQUEST_TIMEOUT, socket.receive(handshake::MAX_REQUEST_LEN))
        .await
        .map_err(late)??;
    let Some(message) = message else {
        return Ok(());
    };
    match Handshake::decode(&message, &daemon.version).map_err(io::Error::other)? {
        Handshake::VersionMismatch => {
            daemon.superseded.notify_one();
            socket.send(&MuxReply::VersionMismatch.encode()).await
        }
        Handshake::Request(MuxRequest::Prewarm { target }) => {
            daemon.pool.prewarm(&target).await;
            Ok(())
        }
        Handshake::Request(MuxRequest::Lease { target, cache_key }) => {
            daemon.recent_targets.record(&cache_key, &target);
            let open = match take_or_open(daemon, socket, &target).await? {
                Ok(open) => open,
                Err(error) => {
                    return socket
                        .send(&MuxReply::Unavailable(error_with_source(&error)).encode())
                        .await;
                }
            };
            socket.send(&MuxReply::Ready.encode()).await?;
            run_leased(daemon, socket, target, open).await
        }
        Handshake::Request(MuxRequest::Prefetch { cache_key }) => {
            let Some((target, open)) = take_prefetched(daemon, &cache_key).await else {
                return socket.send(&MuxReply::NothingPrefetched.encode()).await;
            };
            socket.send(&MuxReply::Prefetched(target.clone()).encode()).await?;
            run_leased(daemon, socket, target, open).await
        }
    }
}

/// Takes an idle connection to the last target of a cache key.
async fn take_prefetched(
    daemon: &DaemonState,
    cache_key: &str,
) -> Option<(Target, OpenConnection)> {
    let target = daemon.recent_targets.get(cache_key)?;
    let open = daemon.pool.take_prefetched(&target).await?;
    Some((target, open))
}

/// Runs the command that the client may send now.
async fn run_leased(
    daemon: &DaemonState,
    socket: &mut MessageSocket,
    target: Target,
    (session, channel): OpenConnection,
) -> io::Result<()> {
    let Some(message) = socket.receive(start::MAX_START_LEN).await? else {
        if channel.close().await.is_ok() {
            daemon.pool.put_back(target, session);
        }
        return Ok(());
    };
    let start = StartCommand::decode(&message).map_err(io::Error::other)?;
    let FinishedCommand { outcome, state } = run_command(socket, &session, channel, start).await?;
    if state == ConnectionState::Reusable {
        daemon.pool.put_back(target, session);
    }
    let reply = match outcome {
        Ok(outcome) => MuxReply::Ended(outcome),
        Err(error) => MuxReply::Failed(CommandFailure::of(&error)),
    };
    socket.send(&reply.encode()).await
}

/// A finished command, and the state of its connection.
struct FinishedCommand {
    outcome: Result<ExitOutcome, RemoteError>,
    state: ConnectionState,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ConnectionState {
    /// The next command may use it.
    Reusable,
    /// It failed, or may have state of this command.
    Unusable,
}

/// Runs a command and forwards the client's signals to it. The command of a
/// client that disconnects is hung up; then the SSH connection is closed, as if
/// that had been the client's own.
async fn run_command(
    socket: &mut MessageSocket,
    session: &Session,
    channel: Channel<Msg>,
    start: StartCommand,
) -> io::Result<FinishedCommand> {
    let stdio = stdio(start.streams, socket.take_files())?;
    let (sender, actions) = mpsc::channel(SIGNAL_QUEUE_LEN);
    let mut running =
        pin!(session.run_on_channel(channel, start.request, stdio, SignalSource::Channel(actions)));
    let mut state = ConnectionState::Reusable;
    loop {
        tokio::select! {
            outcome = &mut running => {
                let ended = matches!(outcome, Ok(ExitOutcome::Status(_) | ExitOutcome::Signal(_)));
                let state = if ended { state } else { ConnectionState::Unusable };
                return Ok(FinishedCommand { outcome, state });
            }
            message = socket.receive(1) => {
                let Ok(Some(message)) = message else {
                    // sshd hangs up a terminal only.
                    let _ = sender.try_send(SignalAction::Detach(ForwardedSignal::HangUp));
                    let _ = running.await;
                    return Err(ErrorKind::UnexpectedEof.into());
                };
                let action = decode_action(&message).map_err(io::Error::other)?;
                if action != SignalAction::Resize {
                    state = ConnectionState::Unusable;
                }
                sender.try_send(action).map_err(io::Error::other)?;
            }
        }
    }
}

/// Takes an idle connection, or opens a new one after a reply that this takes
/// longer.
async fn take_or_open(
    daemon: &DaemonState,
    socket: &MessageSocket,
    target: &Target,
) -> io::Result<Result<OpenConnection, RemoteError>> {
    if let Some(open) = daemon.pool.take_idle(target).await {
        return Ok(Ok(open));
    }
    socket.send(&MuxReply::Opening.encode()).await?;
    Ok(daemon.pool.open(target).await)
}

fn stdio(streams: PassedStreams, files: Vec<OwnedFd>) -> io::Result<Stdio> {
    let mut files = files.into_iter();
    let mut next = |is_passed| match is_passed {
        true => files.next().map(Some).ok_or(io::Error::from(ErrorKind::InvalidData)),
        false => Ok(None),
    };
    let input = next(streams.input)?.map_or(Input::Null, Input::File);
    let output = next(streams.output)?.map_or(Output::Null, |file| File::from(file).into());
    let error = next(streams.error)?.map_or(Output::Null, |file| File::from(file).into());
    Ok(Stdio { input, output, error, signals: Signals::Ignore, gate: None })
}

fn error_with_source(error: &RemoteError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
