//! The question that every command begins with, asked without a library.
//!
//! Which containers there are is asked before anything else, and to set up an
//! HTTP client for one answer takes as long as the engine takes to give it. In
//! HTTP/1.0 an answer comes in one piece (RFC 1945 §7.2.2).

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::inspect::Entry;

const REQUEST: &[u8] = b"GET /containers/json?all=true HTTP/1.0\r\nHost: docker\r\n\r\n";
/// What mostly holds the whole answer, in bytes.
const ROOM: usize = 32 * 1024;

/// Lists all containers of the engine behind a socket of this machine.
///
/// # Errors
///
/// Anything but the expected answer is one, and tells no more than that: the
/// library knows better what it means, and asking it again does no harm.
pub(crate) async fn list(socket: &Path) -> io::Result<Vec<Entry>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::with_capacity(ROOM);
    loop {
        let length = stream.read_buf(&mut answer).await?;
        match read(&answer)? {
            Some(entries) => return Ok(entries),
            None if length == 0 => return Err(ErrorKind::UnexpectedEof.into()),
            None => {}
        }
    }
}

/// What an answer says; `None` as long as it is not whole.
fn read(answer: &[u8]) -> io::Result<Option<Vec<Entry>>> {
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
        Ok(entries) => Ok(Some(entries)),
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
    fn an_answer_is_whole_or_none() -> io::Result<()> {
        let whole = ANSWER.trim_end().len();
        for length in 0..whole {
            assert!(read(&ANSWER.as_bytes()[..length])?.is_none(), "{length}");
        }
        assert_eq!(read(ANSWER.as_bytes())?.map(|entries| entries.len()), Some(1));
        Ok(())
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        let chunked = ANSWER.replace("[{", "d\r\n[{");
        for answer in [
            "HTTP/1.0 500 Internal Server Error\r\n\r\n[]",
            "HTTP/1.1 200OK\r\n\r\n[]",
            "SSH-2.0-x\r\n\r\n[]",
            "HTTP/1.0 200 OK\r\n\r\n{\"message\": \"no\"}",
            &chunked,
        ] {
            assert!(read(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[tokio::test]
    async fn it_comes_in_pieces_and_may_break_off() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let socket = directory.path().join("engine.sock");
        assert_eq!(list(&socket).await.unwrap_err().kind(), ErrorKind::NotFound);
        let listener = UnixListener::bind(&socket)?;
        let engine = thread::spawn(move || -> io::Result<()> {
            for said in [ANSWER, &ANSWER[..ANSWER.len() - 9]] {
                let (mut stream, _) = listener.accept()?;
                io::Read::read_exact(&mut stream, &mut [0; REQUEST.len()])?;
                for piece in said.as_bytes().chunks(20) {
                    io::Write::write_all(&mut stream, piece)?;
                    thread::yield_now();
                }
            }
            Ok(())
        });
        assert_eq!(list(&socket).await?.len(), 1);
        assert_eq!(list(&socket).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        engine.join().expect("it does not panic")
    }
}
