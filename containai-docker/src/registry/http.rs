//! Requests with limits.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tracing::debug;

use super::connection::{ConnectFailure, WebConnector};
use super::error::DownloadFailure;
use super::url::WebUrl;
use crate::LOG_TARGET;

/// The time limit until the next byte of an answer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The time limit of a whole answer, against a server that sends a byte now and then.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(600);
/// The maximum number of redirects.
const MAX_REDIRECTS: usize = 5;
/// The name in `User-Agent`.
const AGENT: &str = concat!("containai/", env!("CARGO_PKG_VERSION"));

/// A request; redirects are followed.
#[derive(Clone, Copy)]
pub(super) struct WebRequest<'a> {
    /// The media types to accept.
    pub(super) accept: &'a str,
    /// The value of `Authorization`, which only the first server gets; secret.
    pub(super) authorization: Option<&'a str>,
    /// A form to post; secret. `None`: get.
    pub(super) form: Option<&'a str>,
    /// The maximum size of the content in bytes.
    pub(super) limit: u64,
}

/// An answer with its whole content.
pub(super) struct WebAnswer {
    /// The URL that answered, after redirects.
    pub(super) url: WebUrl,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) content: Vec<u8>,
}

/// Sends a request and reads the answer. The content of an error is not read.
pub(super) async fn send(
    connector: &WebConnector,
    first: &WebUrl,
    request: WebRequest<'_>,
) -> Result<WebAnswer, DownloadFailure> {
    let server = first.authority();
    let seconds = TOTAL_TIMEOUT.as_secs();
    let timed_out = |_| DownloadFailure::TimedOut { server: server.clone(), seconds };
    timeout(TOTAL_TIMEOUT, follow(connector, first, request)).await.map_err(timed_out)?
}

async fn follow(
    connector: &WebConnector,
    first: &WebUrl,
    request: WebRequest<'_>,
) -> Result<WebAnswer, DownloadFailure> {
    let (mut url, mut request) = (first.clone(), request);
    for _ in 0..=MAX_REDIRECTS {
        let (answered, response) = ask(connector, &url, request).await?;
        let redirect = || DownloadFailure::Redirect { server: answered.authority() };
        if !response.status().is_redirection() {
            return read(&answered, response, request.limit).await;
        }
        let location = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
        let next = location.and_then(|location| answered.join(location)).ok_or_else(redirect)?;
        if request.form.is_some() {
            return Err(redirect());
        }
        if !next.is_same_server(&answered) {
            request.authorization = None;
        }
        url = next;
    }
    Err(DownloadFailure::Redirect { server: url.authority() })
}

/// Asks one server; returns the URL that answered. A server on this machine may speak without
/// encryption, as Docker allows it.
async fn ask(
    connector: &WebConnector,
    url: &WebUrl,
    request: WebRequest<'_>,
) -> Result<(WebUrl, Response<Incoming>), DownloadFailure> {
    let (url, stream) = match connector.connect(url).await {
        Err(ConnectFailure::NotTls(failure)) => {
            let plain = url.unencrypted().ok_or(failure)?;
            let stream = connector.connect(&plain).await?;
            (plain, stream)
        }
        stream => (url.clone(), stream?),
    };
    debug!(target: LOG_TARGET, host = url.authority(), "download");
    let server = url.authority();
    let broken = |error: hyper::Error| DownloadFailure::Unreachable {
        server: server.clone(),
        reason: error.to_string(),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends when the answer is read or dropped.
    tokio::spawn(connection);
    let message = message(&url, request)
        .map_err(|_| DownloadFailure::Unauthorized { server: server.clone() })?;
    let seconds = IDLE_TIMEOUT.as_secs();
    let timed_out = |_| DownloadFailure::TimedOut { server: server.clone(), seconds };
    let response = timeout(IDLE_TIMEOUT, sender.send_request(message)).await.map_err(timed_out)?;
    Ok((url.clone(), response.map_err(broken)?))
}

fn message(url: &WebUrl, request: WebRequest<'_>) -> hyper::http::Result<Request<String>> {
    let mut message = Request::builder()
        .uri(url.path())
        .header(HOST, url.authority())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, request.accept);
    if let Some(authorization) = request.authorization {
        message = message.header(AUTHORIZATION, authorization);
    }
    match request.form {
        None => message.method(Method::GET).body(String::new()),
        Some(form) => message
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.to_owned()),
    }
}

async fn read(
    url: &WebUrl,
    response: Response<Incoming>,
    limit: u64,
) -> Result<WebAnswer, DownloadFailure> {
    let (head, mut body) = response.into_parts();
    let (status, headers) = (head.status.as_u16(), head.headers);
    let mut content = Vec::new();
    if !head.status.is_success() {
        return Ok(WebAnswer { url: url.clone(), status, headers, content });
    }
    let server = url.authority();
    let seconds = IDLE_TIMEOUT.as_secs();
    loop {
        let frame = timeout(IDLE_TIMEOUT, body.frame())
            .await
            .map_err(|_| DownloadFailure::TimedOut { server: server.clone(), seconds })?;
        let Some(frame) = frame else {
            return Ok(WebAnswer { url: url.clone(), status, headers, content });
        };
        let frame = frame.map_err(|error| DownloadFailure::Unreachable {
            server: server.clone(),
            reason: error.to_string(),
        })?;
        if let Some(data) = frame.data_ref() {
            if content.len() as u64 + data.len() as u64 > limit {
                return Err(DownloadFailure::TooLarge { limit });
            }
            content.extend_from_slice(data);
        }
    }
}
