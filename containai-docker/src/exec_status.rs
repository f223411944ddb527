//! The exit status of a program that the engine runs in a container.

use std::pin::Pin;
use std::time::Duration;

use containai_core::console_text::without_escapes;
use containai_core::engine::EngineError;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};

use tokio::time::{Instant, sleep};

use crate::engine::DockerEngine;
use crate::follow::Follow;

/// Maximum size of the output in an error, in bytes.
const MAX_ERROR_SIZE: usize = 1024;
/// Maximum time for the engine to notice that a program has ended.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Interval between two requests for the status.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The first status that stands for a signal (sh(1)).
const FIRST_SIGNAL_STATUS: i64 = 128;

type OutputChunk = Result<Vec<u8>, EngineError>;

/// Forwards an output, and ends it with an error if the program failed.
///
/// If the runtime cannot start the program, it writes its error to the program's output; that is
/// held back and becomes the error. With [`Follow::On`], the signal of a stopping container is a
/// normal end.
pub(crate) fn check_exit_status<'e>(
    engine: &'e DockerEngine,
    exec: String,
    output: impl Stream<Item = OutputChunk> + Send + 'e,
    follow: Follow,
) -> impl Stream<Item = OutputChunk> + Send + 'e {
    let output = output.boxed();
    let ended = async move {
        let deadline = Instant::now() + EXIT_TIMEOUT;
        loop {
            let inspected = engine.docker().inspect_exec(&exec).await;
            let inspected = inspected.map_err(|error| engine.map_error(error))?;
            match inspected.exit_code {
                // The output may end a moment before the engine notices the exit.
                None if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
                code => return Ok(code.unwrap_or(0)),
            }
        }
    };
    append_status(output, ended, follow)
}

fn append_status<'e>(
    output: BoxStream<'e, OutputChunk>,
    status: impl Future<Output = Result<i64, EngineError>> + Send + 'e,
    follow: Follow,
) -> impl Stream<Item = OutputChunk> + Send + 'e {
    let status = Some(Box::pin(status) as ExitStatusFuture<'e>);
    let state = ExecOutputState { output, status, is_first: true, lookahead: None, follow };
    stream::unfold(state, |mut state| async move { Some((state.next().await?, state)) })
}

type ExitStatusFuture<'e> = Pin<Box<dyn Future<Output = Result<i64, EngineError>> + Send + 'e>>;

struct ExecOutputState<'e> {
    output: BoxStream<'e, OutputChunk>,
    /// `None` once it was awaited.
    status: Option<ExitStatusFuture<'e>>,
    /// Whether nothing has been read yet.
    is_first: bool,
    /// A chunk that has been read ahead.
    lookahead: Option<OutputChunk>,
    follow: Follow,
}

impl ExecOutputState<'_> {
    async fn next(&mut self) -> Option<OutputChunk> {
        if let Some(chunk) = self.lookahead.take() {
            return Some(chunk);
        }
        let is_first = std::mem::replace(&mut self.is_first, false);
        match self.output.next().await {
            // A runtime error is the whole output; a program's output continues.
            Some(Ok(chunk)) if is_first && is_runtime_error(&chunk) => {
                self.lookahead = self.output.next().await;
                match self.lookahead {
                    Some(_) => Some(Ok(chunk)),
                    None => self.finish(chunk).await,
                }
            }
            Some(chunk) => Some(chunk),
            None => self.finish(Vec::new()).await,
        }
    }

    /// Returns the last item; awaits the status at most once.
    async fn finish(&mut self, held_back: Vec<u8>) -> Option<OutputChunk> {
        match self.status.take()?.await {
            Err(error) => Some(Err(error)),
            Ok(0) if held_back.is_empty() => None,
            Ok(0) => Some(Ok(held_back)),
            Ok(FIRST_SIGNAL_STATUS..) if self.follow == Follow::On => None,
            Ok(status) => {
                let text =
                    String::from_utf8_lossy(&held_back[..held_back.len().min(MAX_ERROR_SIZE)]);
                let text = without_escapes(text.trim()).replace(|c: char| c.is_control(), " ");
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
fn is_runtime_error(chunk: &[u8]) -> bool {
    chunk.starts_with(b"OCI runtime exec failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(chunks: &[&str], status: i64, follow: Follow) -> (String, Option<String>) {
        let chunks: Vec<OutputChunk> = chunks.iter().map(|it| Ok(it.as_bytes().to_vec())).collect();
        let output = stream::iter(chunks).boxed();
        let all: Vec<_> = append_status(output, async move { Ok(status) }, follow).collect().await;
        let mut text = String::new();
        let mut error = None;
        for chunk in all {
            match chunk {
                Ok(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(failed) => error = Some(failed.to_string()),
            }
        }
        (text, error)
    }

    #[tokio::test]
    async fn runtime_error_replaces_the_output() {
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
    async fn following_ends_when_the_container_stops() {
        for status in [0, 137, 143] {
            assert_eq!(read(&["a\n"], status, Follow::On).await, ("a\n".into(), None), "{status}");
        }
        assert!(read(&["a\n"], 137, Follow::Off).await.1.is_some());
    }
}
