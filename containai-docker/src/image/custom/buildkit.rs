//! Builds with BuildKit.
//!
//! Clients of BuildKit usually open a session, in which the engine asks them for files, secrets and
//! credentials. A build from an archive needs none of these: with `version=2`, `POST /build` takes
//! the archive from the request's body, as it does for the classic builder, and answers with
//! messages of BuildKit. The client library does not read them without a session.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::query_parameters::BuildImageOptions;
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::lifecycle::EventListener;
use futures_util::Stream;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tracing::debug;

use super::build_trace::BuildTrace;
use crate::LOG_TARGET;
use crate::address::EngineAddress;
use crate::engine::DockerEngine;
use crate::ssh_dial;

/// Maximum size of one message, in bytes.
const MAX_MESSAGE_SIZE: usize = 16 << 20;

/// A message of the engine.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuildMessage {
    id: String,
    /// Base64 in a `moby.buildkit.trace`, an object in a `moby.image.id`.
    aux: Value,
    error: Option<String>,
}

/// Runs a build in the engine and returns the image's id.
pub(super) async fn build(
    engine: &DockerEngine,
    options: &BuildImageOptions,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    shown: &str,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let broken = |error: &dyn std::error::Error| EngineError::Refused {
        status: 0,
        message: format!("the connection broke during a build: {error}"),
    };
    let response = request(engine, options, archive).await?;
    let status = response.status();
    let mut lines = ResponseLines { body: response.into_body(), buffer: Vec::new() };
    if !status.is_success() {
        let answer = lines.next().await.ok().flatten().unwrap_or_default();
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let message = answer["message"].as_str().unwrap_or("the build was refused").to_owned();
        return Err(EngineError::Refused { status: status.as_u16(), message });
    }
    let (mut trace, mut image) = (BuildTrace::default(), None);
    while let Some(line) = lines.next().await.map_err(|error| broken(&error))? {
        let Ok(message) = serde_json::from_slice::<BuildMessage>(&line) else { continue };
        match (message.id.as_str(), &message.aux) {
            ("moby.buildkit.trace", Value::String(text)) => {
                let bytes = STANDARD.decode(text).unwrap_or_default();
                trace.push(&bytes, events);
            }
            ("moby.image.id", aux) => image = aux["ID"].as_str().map(str::to_owned),
            _ => {}
        }
        if let Some(error) = message.error {
            return Err(trace.into_error(shown, &error));
        }
    }
    image
        .ok_or_else(|| trace.into_error(shown, "the engine did not report the image that it built"))
}

async fn request(
    engine: &DockerEngine,
    options: &BuildImageOptions,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Result<Response<Incoming>, EngineError> {
    let sent = try_request(engine.address(), options, archive).await;
    sent.map_err(|source| EngineError::Unreachable {
        address: engine.address().to_string(),
        source: source.into(),
    })
}

/// Sends the request without TLS.
async fn try_request(
    address: &EngineAddress,
    options: &BuildImageOptions,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> io::Result<Response<Incoming>> {
    // The query holds build arguments, and is not logged.
    debug!(target: LOG_TARGET, method = "POST", path = "/build", "request");
    let query = serde_urlencoded::to_string(options).map_err(io::Error::other)?;
    let request = Request::post(format!("/build?{query}"))
        .header(header::HOST, "docker")
        .header(header::CONTENT_TYPE, "application/x-tar")
        .body(bollard::body_try_stream(archive))
        .map_err(io::Error::other)?;
    match address {
        EngineAddress::Unix(path) => send(UnixStream::connect(path).await?, request).await,
        EngineAddress::Tcp(host) => send(TcpStream::connect(host).await?, request).await,
        EngineAddress::Ssh(host) => send(ssh_dial::stream(host)?, request).await,
    }
}

async fn send<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
) -> io::Result<Response<Incoming>>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with the response; its error is that of the body.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}

/// The lines of a response, which are read as they arrive.
struct ResponseLines {
    body: Incoming,
    buffer: Vec<u8>,
}

impl ResponseLines {
    /// Returns the next line that is not empty; the last one may lack its end.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                match line.trim_ascii() {
                    [] => continue,
                    line => return Ok(Some(line.to_owned())),
                }
            }
            if self.buffer.len() > MAX_MESSAGE_SIZE {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            match poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
                Some(Ok(frame)) => {
                    self.buffer.extend(frame.into_data().unwrap_or_default());
                }
                Some(Err(error)) => return Err(io::Error::other(error)),
                None if self.buffer.trim_ascii().is_empty() => return Ok(None),
                None => return Ok(Some(std::mem::take(&mut self.buffer))),
            }
        }
    }
}
