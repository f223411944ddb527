//! Requests whose responses the client library does not model, over a stream of their own.

use std::io::{self, ErrorKind};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::debug;

use crate::LOG_TARGET;

/// Maximum size of a response in bytes: some hundred for each of a hundred thousand objects.
const MAX_RESPONSE_SIZE: usize = 64 << 20;

/// Requests a path of the API without a version, so that the engine answers in its newest format.
///
/// # Errors
///
/// The stream fails, or the response is not JSON of this shape with status 200.
pub(crate) async fn get_json<T: DeserializeOwned>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    path: &str,
) -> io::Result<T> {
    debug!(target: LOG_TARGET, method = "GET", path, "request");
    let request = Request::get(path)
        .header(header::HOST, "docker")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It takes the sender, whose end is the end of the connection.
    let answer = async move {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        if response.status() != StatusCode::OK {
            return Err(ErrorKind::InvalidData.into());
        }
        let body = Limited::new(response.into_body(), MAX_RESPONSE_SIZE).collect().await;
        Ok(serde_json::from_slice(&body.map_err(io::Error::other)?.to_bytes())?)
    };
    let (answer, _) = tokio::join!(answer, connection);
    answer
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn answer_to(response: &'static str) -> io::Result<Vec<u32>> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let server = async move {
            let mut request = [0; 64];
            let length = theirs.read(&mut request).await?;
            assert!(request[..length].starts_with(b"GET /x HTTP/1.1\r\nhost: docker\r\n"));
            theirs.write_all(response.as_bytes()).await?;
            // A server keeps the connection, except after a broken response.
            Ok::<_, io::Error>(response.contains("Length: 2").then_some(theirs))
        };
        let (answer, served) = tokio::join!(get_json(ours, "/x"), server);
        served?;
        answer
    }

    #[tokio::test]
    async fn only_complete_json_with_status_200_is_an_answer() -> io::Result<()> {
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n";
        assert_eq!(answer_to(chunked).await?, [1, 2]);
        assert_eq!(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]").await?, [0; 0]);
        for response in [
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n[]",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,2]",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1,",
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"message\": \"\"}",
            "SSH-2.0-x\r\n\r\n[]",
        ] {
            assert!(answer_to(response).await.is_err(), "{response}");
        }
        Ok(())
    }
}
