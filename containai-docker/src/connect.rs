//! Client construction from an address.

use std::path::Path;

use bollard::{API_DEFAULT_VERSION, Docker};
use containai_core::engine::EngineError;
use tracing::debug;

use crate::LOG_TARGET;
use crate::address::EngineAddress;
use crate::error_map::map_error;
use crate::ssh_dial;

/// Seconds until the first byte of a response; streams have no timeout.
const TIMEOUT: u64 = 120;

/// Creates bollard's client for the engine at `address`; see
/// [`DockerEngine::connect`](crate::DockerEngine::connect).
pub(crate) fn connect(
    address: &EngineAddress,
    certificates: Option<&Path>,
) -> Result<Docker, EngineError> {
    let text = address.to_string();
    let client = match (address, certificates) {
        (EngineAddress::Unix(_), _) => {
            Docker::connect_with_unix(&text, TIMEOUT, API_DEFAULT_VERSION)
        }
        (EngineAddress::Tcp(_), None) => {
            Docker::connect_with_http(&text, TIMEOUT, API_DEFAULT_VERSION)
        }
        (EngineAddress::Tcp(_), Some(directory)) => Docker::connect_with_ssl(
            &text,
            &directory.join("key.pem"),
            &directory.join("cert.pem"),
            &directory.join("ca.pem"),
            TIMEOUT,
            API_DEFAULT_VERSION,
        ),
        (EngineAddress::Ssh(host), _) => ssh_dial::client(host, TIMEOUT, API_DEFAULT_VERSION),
    };
    let client = client.map_err(|error| map_error(error, address))?;
    Ok(client.with_request_modifier(|request| {
        // The query may hold build arguments, and the body anything: neither is logged.
        debug!(target: LOG_TARGET, method = %request.method(), path = request.uri().path(), "request");
        request
    }))
}
