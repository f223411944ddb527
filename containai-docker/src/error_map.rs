//! Mapping of the client library's errors to [`EngineError`].

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use bollard::errors::Error;
use containai_core::console_text::without_escapes;
use containai_core::disk_full;
use containai_core::engine::EngineError;
use tracing::debug;

use crate::LOG_TARGET;
use crate::address::EngineAddress;

/// Maps an error of the library. The caller fills in what only it knows, such as the container or
/// the image.
pub(crate) fn map_error(error: Error, address: &EngineAddress) -> EngineError {
    let error = classify(error, address);
    debug!(target: LOG_TARGET, %address, %error, "request failed");
    error
}

fn classify(error: Error, address: &EngineAddress) -> EngineError {
    let address = address.to_string();
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            map_response(status_code, &message)
        }
        Error::DockerStreamError { error } => map_response(0, &error),
        Error::SocketNotFoundError(_) | Error::RequestTimeoutError => {
            EngineError::Unreachable { address, source: Box::new(error) }
        }
        Error::CertPathError { .. }
        | Error::CertMultipleKeys { .. }
        | Error::CertParseError { .. }
        | Error::NoHomePathError => {
            EngineError::InvalidAddress { address, reason: error.to_string() }
        }
        error => match io_kind(&error) {
            Some(ErrorKind::PermissionDenied) => {
                EngineError::AccessDenied { address, source: Box::new(error) }
            }
            _ => EngineError::Unreachable { address, source: Box::new(error) },
        },
    }
}

/// Maps an error response. The messages are matched as text because the API uses one status for
/// many causes; all of them were observed on Docker 20.10.
fn map_response(status: u16, message: &str) -> EngineError {
    let message = single_line(message);
    let has = |part: &str| message.contains(part);
    if disk_full::is_reported(&message) {
        EngineError::NoSpace { message }
    } else if has("nknown runtime specified")
        || has("runtime not found in config")
        || has("unknown or invalid runtime name")
    {
        let runtime = message.rsplit(' ').next().unwrap_or_default().trim_matches('"').to_owned();
        EngineError::UnknownRuntime { runtime }
    } else if has("sysbox-mgr") || has("sysbox-fs") {
        EngineError::SysboxUnresponsive { message }
    } else if has("port is already allocated") || has("address already in use") {
        match bound_port(&message) {
            Some(port) => EngineError::PortTaken { port },
            None => EngineError::Refused { status, message },
        }
    } else if status == 409 && has("is already in use by container") {
        let name = message.split('"').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        EngineError::NameTaken { name }
    } else if status == 404 && has("o such container") || has("is marked for removal") {
        let id = message.rsplit(' ').next().unwrap_or_default().to_owned();
        EngineError::NoSuchContainer { id }
    } else if status == 404 && has("o such image") {
        let image = message.split_once("image: ").map_or("", |(_, image)| image).to_owned();
        EngineError::NoSuchImage { image }
    } else {
        EngineError::Refused { status, message }
    }
}

/// Extracts the port of `Bind for 127.0.0.1:2300 failed: port is already allocated` or `listen tcp4
/// 127.0.0.1:2300: bind: address already in use`.
fn bound_port(message: &str) -> Option<u16> {
    let (_, rest) = message.rsplit_once("127.0.0.1:")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Removes escape sequences, and replaces control characters, which could move the cursor of the
/// terminal that shows the message.
fn single_line(message: &str) -> String {
    without_escapes(message.trim()).replace(|c: char| c.is_control(), " ")
}

fn io_kind(error: &(dyn StdError + 'static)) -> Option<ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, message: &str, expected: &str) {
        assert_eq!(map_response(status, message).to_string(), expected);
    }

    #[test]
    fn known_responses_are_recognised() {
        check(
            409,
            "Conflict. The container name \"/api-main\" is already in use by container \"abc\". You have to remove (or rename) that container to be able to reuse that name.",
            "the container name `api-main` is already in use",
        );
        check(
            500,
            "driver failed programming external connectivity on endpoint x (abc): Error starting userland proxy: listen tcp4 127.0.0.1:2301: bind: address already in use",
            "host port 2301 is already in use",
        );
        check(
            500,
            "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:2300 failed: port is already allocated",
            "host port 2300 is already in use",
        );
        check(
            400,
            "Unknown runtime specified sysbox-runc",
            "the engine does not know the runtime `sysbox-runc`",
        );
        check(
            500,
            "runtime not found in config: sysbox-runc",
            "the engine does not know the runtime `sysbox-runc`",
        );
        check(
            500,
            "OCI runtime create failed: failed to register with sysbox-mgr: connection refused",
            "Sysbox does not respond: OCI runtime create failed: failed to register with sysbox-mgr: connection refused",
        );
        check(404, "No such container: abc", "there is no container `abc`");
        check(404, "No such image: x/y:z", "there is no image `x/y:z`");
        check(
            500,
            "write /var/lib/x: no space left on device",
            "no space left for the engine: write /var/lib/x: no space left on device",
        );
        check(500, "odd\u{1b}[2J\nthing", "the engine reported an error: odd thing");
    }
}
