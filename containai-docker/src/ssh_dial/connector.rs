//! A client whose connections are child processes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bollard::errors::Error;
use bollard::{BollardRequest, ClientVersion, Docker};
use hyper::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tower_service::Service;

use super::child::DialStream;
use super::command::command;
use crate::ssh_host::SshHost;

/// The host in requests; it is not an address.
const PLACEHOLDER_URL: &str = "http://engine";

/// Creates a client for the engine of a host; `ssh` is started with the first request.
pub(crate) fn client(
    host: &SshHost,
    timeout: u64,
    version: &ClientVersion,
) -> Result<Docker, Error> {
    let connector = Connector(Arc::new(host.clone()));
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let transport = move |request: BollardRequest| {
        let client = client.clone();
        async move { Ok(client.request(request).await?) }
    };
    Docker::connect_with_custom_transport(transport, Some(PLACEHOLDER_URL), timeout, version)
}

/// Starts a child process that is one connection.
pub(crate) fn stream(host: &SshHost) -> io::Result<DialStream> {
    let child = command(host).spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(error.kind(), "`ssh` is not installed"),
        _ => error,
    })?;
    DialStream::new(child)
}

/// A connector that starts a child process for each connection.
#[derive(Clone)]
struct Connector(Arc<SshHost>);

impl Service<Uri> for Connector {
    type Response = TokioIo<DialStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let host = Arc::clone(&self.0);
        Box::pin(async move { stream(&host).map(TokioIo::new) })
    }
}
