//! The exit status of a program that the engine runs in a container.

use std::pin::Pin;
use std::time::Duration;

use containai_core::engine::EngineError;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};

use tokio::time::{Instant, sleep};

use crate::engine::DockerEngine;
use crate::journal::Follow;

/// Maximum size of the output in an error, in bytes.
const KEPT: usize = 1024;
/// Maximum time for the engine to notice that a program has ended.
const PATIENCE: Duration = Duration::from_secs(2);
/// Interval between two requests for the status.
const STEP: Duration = Duration::from_millis(50);
/// The first status that stands for a signal (sh(1)).
const SIGNALS: i64 = 128;

type Piece = Result<Vec<u8>, EngineError>;

/// Forwards an output, and ends it with an error if the program failed.
///
/// If the runtime cannot start the program, it writes its error to the program's output; that is
/// held back and becomes the error. With [`Follow::On`], the signal of a stopping container is a
/// normal end.
pub(crate) fn judged<'e>(
    engine: &'e DockerEngine,
    exec: String,
    output: impl Stream<Item = Piece> + Send + 'e,
    follow: Follow,
) -> impl Stream<Item = Piece> + Send + 'e {
    let output = output.boxed();
    let ended = async move {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = engine.docker().inspect_exec(&exec).await;
            let asked = asked.map_err(|error| engine.failure(error))?;
            match asked.exit_code {
                // The output may end a moment before the engine notices the exit.
                None if Instant::now() < deadline => sleep(STEP).await,
                code => return Ok(code.unwrap_or(0)),
            }
        }
    };
    ended_by(output, ended, follow)
}

fn ended_by<'e>(
    output: BoxStream<'e, Piece>,
    status: impl Future<Output = Result<i64, EngineError>> + Send + 'e,
    follow: Follow,
) -> impl Stream<Item = Piece> + Send + 'e {
    let status = Some(Box::pin(status) as Status<'e>);
    let state = State { output, status, first: true, following: None, follow };
    stream::unfold(state, |mut state| async move { Some((state.next().await?, state)) })
}

type Status<'e> = Pin<Box<dyn Future<Output = Result<i64, EngineError>> + Send + 'e>>;

struct State<'e> {
    output: BoxStream<'e, Piece>,
    /// `None` once it was awaited.
    status: Option<Status<'e>>,
    /// Whether nothing has been read yet.
    first: bool,
    /// A chunk that has been read ahead.
    following: Option<Piece>,
    follow: Follow,
}

impl State<'_> {
    async fn next(&mut self) -> Option<Piece> {
        if let Some(piece) = self.following.take() {
            return Some(piece);
        }
        let is_first = std::mem::replace(&mut self.first, false);
        match self.output.next().await {
            // A runtime error is the whole output; a program's output continues.
            Some(Ok(piece)) if is_first && is_complaint(&piece) => {
                self.following = self.output.next().await;
                match self.following {
                    Some(_) => Some(Ok(piece)),
                    None => self.end(piece).await,
                }
            }
            Some(piece) => Some(piece),
            None => self.end(Vec::new()).await,
        }
    }

    /// Returns the last item; awaits the status at most once.
    async fn end(&mut self, said: Vec<u8>) -> Option<Piece> {
        match self.status.take()?.await {
            Err(error) => Some(Err(error)),
            Ok(0) if said.is_empty() => None,
            Ok(0) => Some(Ok(said)),
            Ok(SIGNALS..) if self.follow == Follow::On => None,
            Ok(status) => {
                let text = String::from_utf8_lossy(&said[..said.len().min(KEPT)]);
                let text = text.trim().replace(|c: char| c.is_control(), " ");
                let message = match text.as_str() {
                    "" => format!("the program in the container exited with status {status}"),
                    text => text.to_owned(),
                };
                Some(Err(EngineError::Refused { status: 0, message }))
            }
        }
    }
}

/// Whether the output may be the runtime's error instead of the program's output.
fn is_complaint(piece: &[u8]) -> bool {
    piece.starts_with(b"OCI runtime exec failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(pieces: &[&str], status: i64, follow: Follow) -> (String, Option<String>) {
        let pieces: Vec<Piece> = pieces.iter().map(|it| Ok(it.as_bytes().to_vec())).collect();
        let output = stream::iter(pieces).boxed();
        let all: Vec<_> = ended_by(output, async move { Ok(status) }, follow).collect().await;
        let mut text = String::new();
        let mut error = None;
        for piece in all {
            match piece {
                Ok(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(failed) => error = Some(failed.to_string()),
            }
        }
        (text, error)
    }

    #[tokio::test]
    async fn a_failed_program_has_no_output() {
        let complaint = "OCI runtime exec failed: exec failed: transport endpoint\r\n";
        assert_eq!(
            read(&[complaint], 126, Follow::Off).await,
            (
                String::new(),
                Some(
                    "the engine reported an error: OCI runtime exec failed: exec failed: transport endpoint"
                        .into()
                )
            )
        );
        let forged = read(&[complaint, "next\n"], 0, Follow::Off).await;
        assert_eq!(forged, (format!("{complaint}next\n"), None));
        let alone = read(&[complaint], 0, Follow::Off).await;
        assert_eq!(alone, (complaint.to_owned(), None));
        let (text, error) = read(&["a\n", "b\n"], 1, Follow::On).await;
        assert_eq!(text, "a\nb\n");
        assert!(error.is_some_and(|error| error.contains("status 1")));
    }

    #[tokio::test]
    async fn following_ends_with_the_container() {
        for status in [0, 137, 143] {
            assert_eq!(read(&["a\n"], status, Follow::On).await, ("a\n".into(), None), "{status}");
        }
        assert!(read(&["a\n"], 137, Follow::Off).await.1.is_some());
    }
}
