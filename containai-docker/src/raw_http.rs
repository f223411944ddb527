//! HTTP requests to the engine without the client library.
//!
//! The list of containers is requested before anything else, and setting up an HTTP client for one
//! response takes as long as the engine takes to answer. The library cannot read the volume sizes
//! of every engine. In HTTP/1.0 a response is not chunked (RFC 1945 §7.2.2).

use std::io::{self, ErrorKind};
use std::path::Path;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tracing::debug;

use crate::LOG_TARGET;
use crate::inspect::ContainerEntry;

/// Initial size of the response buffer in bytes; it fits most responses.
const BUFFER_SIZE: usize = 32 << 10;
/// Maximum size of a response in bytes: some hundred for each of a hundred thousand objects.
const MAX_RESPONSE_SIZE: usize = 64 << 20;

/// Lists all containers of the engine behind a socket of this machine.
///
/// # Errors
///
/// Those of [`get_json`].
pub(crate) async fn list_containers(socket: &Path) -> io::Result<Vec<ContainerEntry>> {
    get_json(UnixStream::connect(socket).await?, "/containers/json?all=true").await
}

/// Requests a path of the API without a version, so that the engine answers in its newest format.
///
/// # Errors
///
/// Any response but the expected one, without details: the library maps errors better, and
/// repeating the request with it is harmless.
pub(crate) async fn get_json<T: DeserializeOwned>(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    path: &str,
) -> io::Result<T> {
    debug!(target: LOG_TARGET, method = "GET", path, "request");
    let request = format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(BUFFER_SIZE);
    while answer.len() < MAX_RESPONSE_SIZE {
        let has_ended = stream.read_buf(&mut answer).await? == 0;
        // The engine ends the body with a newline, a moment before it closes the connection.
        if !has_ended && !answer.ends_with(b"\n") {
            continue;
        }
        match parse_response(&answer)? {
            Some(content) => return Ok(content),
            None if has_ended => return Err(ErrorKind::UnexpectedEof.into()),
            None => {}
        }
    }
    Err(ErrorKind::FileTooLarge.into())
}

/// Parses a response; `None` if it is incomplete.
fn parse_response<T: DeserializeOwned>(answer: &[u8]) -> io::Result<Option<T>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(at) = answer.windows(END.len()).position(|window| window == END) else {
        return Ok(None);
    };
    let (head, body) = (&answer[..at], &answer[at + END.len()..]);
    let is_granted = head.starts_with(b"HTTP/1.") && head.get(8..13) == Some(b" 200 ");
    if !is_granted {
        return Err(ErrorKind::InvalidData.into());
    }
    match serde_json::from_slice(body) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.is_eof() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    const ANSWER: &str = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n\
        [{\"Id\": \"abc\", \"Names\": [\"/api-main\"], \"State\": \"running\", \"Ports\": []}]\n";

    #[test]
    fn incomplete_responses_are_not_parsed() -> io::Result<()> {
        let whole = ANSWER.trim_end().len();
        for length in 0..whole {
            let part: Option<Vec<ContainerEntry>> = parse_response(&ANSWER.as_bytes()[..length])?;
            assert!(part.is_none(), "{length}");
        }
        let all: Option<Vec<ContainerEntry>> = parse_response(ANSWER.as_bytes())?;
        assert_eq!(all.map(|entries| entries.len()), Some(1));
        Ok(())
    }

    #[test]
    fn unexpected_responses_are_errors() {
        let chunked = ANSWER.replace("[{", "d\r\n[{");
        for answer in [
            "HTTP/1.0 500 Internal Server Error\r\n\r\n[]",
            "HTTP/1.1 200OK\r\n\r\n[]",
            "SSH-2.0-x\r\n\r\n[]",
            "HTTP/1.0 200 OK\r\n\r\n{\"message\": \"no\"}",
            &chunked,
        ] {
            assert!(parse_response::<Vec<ContainerEntry>>(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[tokio::test]
    async fn response_arrives_in_pieces_and_may_be_truncated() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("engine.sock");
        assert_eq!(list_containers(&socket).await.unwrap_err().kind(), ErrorKind::NotFound);
        let listener = UnixListener::bind(&socket)?;
        let engine = thread::spawn(move || -> io::Result<()> {
            for said in [ANSWER, ANSWER.trim_end(), &ANSWER[..ANSWER.len() - 9]] {
                let (mut stream, _) = listener.accept()?;
                io::Read::read_exact(&mut stream, &mut [0; 56])?;
                for piece in said.as_bytes().chunks(20) {
                    io::Write::write_all(&mut stream, piece)?;
                    thread::yield_now();
                }
            }
            Ok(())
        });
        for _ in 0..2 {
            assert_eq!(list_containers(&socket).await?.len(), 1);
        }
        assert_eq!(list_containers(&socket).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        engine.join().expect("it does not panic")
    }
}
