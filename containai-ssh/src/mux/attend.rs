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

use super::broker::Broker;
use super::hello::{self, Greeting, Hello};
use super::pool::Open;
use super::reply::{Failure, Reply};
use super::start::{self, Start, Streams, decode_wish};
use super::target::Target;
use super::wire::Wire;
use crate::session::{ExitOutcome, Input, Output, Session, Signals, Stdio, Wish, Wishes};

/// The timeout of a client's request.
const GREETING: Duration = Duration::from_secs(5);
/// The maximum number of pending signals.
const AHEAD: usize = 16;

/// Serves one client until it disconnects.
pub(super) async fn attend(broker: &Broker, stream: UnixStream) {
    let mut wire = Wire::new(stream);
    if wire.is_ours() {
        // A client that disconnects or sends a malformed message gets no reply.
        let _ = serve(broker, &mut wire).await;
    }
}

async fn serve(broker: &Broker, wire: &mut Wire) -> io::Result<()> {
    let late = |_| io::Error::from(ErrorKind::TimedOut);
    let message = timeout(GREETING, wire.receive(hello::LONGEST)).await.map_err(late)??;
    let Some(message) = message else {
        return Ok(());
    };
    match Greeting::decode(&message, &broker.version).map_err(io::Error::other)? {
        Greeting::Stranger => {
            broker.retire.notify_one();
            wire.send(&Reply::Retiring.encode()).await
        }
        Greeting::Hello(Hello::Warmth { target }) => {
            broker.pool.warm(&target).await;
            Ok(())
        }
        Greeting::Hello(Hello::Lease { target, occasion }) => {
            broker.memory.note(&occasion, &target);
            let open = match connection(broker, wire, &target).await? {
                Ok(open) => open,
                Err(error) => return wire.send(&Reply::Unavailable(reason(&error)).encode()).await,
            };
            wire.send(&Reply::Ready.encode()).await?;
            lend(broker, wire, target, open).await
        }
        Greeting::Hello(Hello::Recall { occasion }) => {
            let Some((target, open)) = recall(broker, &occasion).await else {
                return wire.send(&Reply::Forgotten.encode()).await;
            };
            wire.send(&Reply::Offered(target.clone()).encode()).await?;
            lend(broker, wire, target, open).await
        }
    }
}

/// Takes an idle connection to the last target of a cache key.
async fn recall(broker: &Broker, occasion: &str) -> Option<(Target, Open)> {
    let target = broker.memory.recall(occasion)?;
    let open = broker.pool.try_take(&target).await?;
    Some((target, open))
}

/// Runs the command that the client may send now.
async fn lend(
    broker: &Broker,
    wire: &mut Wire,
    target: Target,
    (session, channel): Open,
) -> io::Result<()> {
    let Some(message) = wire.receive(start::LONGEST).await? else {
        if channel.close().await.is_ok() {
            broker.pool.give_back(target, session);
        }
        return Ok(());
    };
    let start = Start::decode(&message).map_err(io::Error::other)?;
    let Finished { outcome, state } = accompany(wire, &session, channel, start).await?;
    if state == State::Whole {
        broker.pool.give_back(target, session);
    }
    let reply = match outcome {
        Ok(outcome) => Reply::Ended(outcome),
        Err(error) => Reply::Failed(Failure::of(&error)),
    };
    wire.send(&reply.encode()).await
}

/// A finished command, and the state of its connection.
struct Finished {
    outcome: Result<ExitOutcome, RemoteError>,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// The next command may use it.
    Whole,
    /// It failed, or may have state of this command.
    Spent,
}

/// Runs a command and forwards the client's signals to it. A disconnected
/// client is an error that closes the SSH connection, as if that had been its
/// own.
async fn accompany(
    wire: &mut Wire,
    session: &Session,
    channel: Channel<Msg>,
    start: Start,
) -> io::Result<Finished> {
    let stdio = stdio(start.streams, wire.take_files())?;
    let (tell, told) = mpsc::channel(AHEAD);
    let mut running = pin!(session.run(channel, start.request, stdio, Wishes::Told(told)));
    let mut state = State::Whole;
    loop {
        tokio::select! {
            outcome = &mut running => {
                let ended = matches!(outcome, Ok(ExitOutcome::Status(_) | ExitOutcome::Signal(_)));
                let state = if ended { state } else { State::Spent };
                return Ok(Finished { outcome, state });
            }
            message = wire.receive(1) => {
                let message = message?.ok_or(ErrorKind::UnexpectedEof)?;
                let wish = decode_wish(&message).map_err(io::Error::other)?;
                if wish != Wish::Resize {
                    state = State::Spent;
                }
                tell.try_send(wish).map_err(io::Error::other)?;
            }
        }
    }
}

/// Takes an idle connection, or opens a new one after a reply that this takes
/// longer.
async fn connection(
    broker: &Broker,
    wire: &Wire,
    target: &Target,
) -> io::Result<Result<Open, RemoteError>> {
    if let Some(open) = broker.pool.take(target).await {
        return Ok(Ok(open));
    }
    wire.send(&Reply::Opening.encode()).await?;
    Ok(broker.pool.open(target).await)
}

fn stdio(streams: Streams, files: Vec<OwnedFd>) -> io::Result<Stdio> {
    let mut files = files.into_iter();
    let mut next = |is_passed| match is_passed {
        true => files.next().map(Some).ok_or(io::Error::from(ErrorKind::InvalidData)),
        false => Ok(None),
    };
    let input = next(streams.input)?.map_or(Input::Null, Input::File);
    let output = next(streams.output)?.map_or(Output::Null, |file| File::from(file).into());
    let error = next(streams.error)?.map_or(Output::Null, |file| File::from(file).into());
    Ok(Stdio { input, output, error, signals: Signals::Ignore })
}

fn reason(error: &RemoteError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
