//! Errors of SSH connections.

use std::path::PathBuf;
use std::time::Duration;

use crate::box_error::BoxError;
use crate::disk_full;
use crate::exit;
use crate::hint::{Advice, Hint};

use super::peer::Peer;

/// An error of the SSH connection to a container.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// A managed file, or the user's `~/.ssh/config`, could not be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// A managed file, or the user's `~/.ssh/config`, could not be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// The private key file exists but contains no usable OpenSSH key; it is never
    /// overwritten.
    #[error("`{}` is not a usable private key: {reason}", .path.display())]
    InvalidKey {
        /// The key file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// Every port of the range is in use.
    #[error("no free port from {start} to {end}{}", indented_lines(.holders))]
    NoFreePort {
        /// The first port of the range.
        start: u16,
        /// The last port of the range.
        end: u16,
        /// The ports in use and their users, one per line.
        holders: Vec<String>,
    },
    /// The server did not answer with SSH in time.
    #[error("no SSH server answered on {peer} within {} s: {last}", .waited.as_secs())]
    NotReady {
        /// The server.
        peer: Peer,
        /// The duration of the wait.
        waited: Duration,
        /// The result of the last attempt.
        last: String,
    },
    /// The server did not complete the key exchange and the authentication in
    /// time, although it sent its version; it is usually overloaded or frozen.
    #[error("the SSH server on {peer} did not complete the handshake within {} s", .waited.as_secs())]
    HandshakeTimeout {
        /// The server.
        peer: Peer,
        /// The duration of the wait.
        waited: Duration,
    },
    /// The server on the port does not speak SSH; usually another program took the port
    /// before the container.
    #[error("the server on {peer} does not speak SSH: `{received}`")]
    NotSsh {
        /// The server.
        peer: Peer,
        /// The first line that it sent, without control characters.
        received: String,
    },
    /// The host of the remote engine cannot be reached over SSH: it is unknown, offline
    /// or refuses the login.
    #[error("cannot connect to the host of engine `{engine}` over SSH")]
    EngineHostUnreachable {
        /// The address of the engine.
        engine: String,
        /// The error of `ssh`.
        #[source]
        source: BoxError,
    },
    /// The server presented another key than the pinned one.
    #[error("host key on {peer} is `{presented}`, but `{pinned}` is pinned")]
    HostKeyMismatch {
        /// The server.
        peer: Peer,
        /// The pinned fingerprint.
        pinned: String,
        /// The presented fingerprint.
        presented: String,
    },
    /// A private key of the user is not usable: usually it has a passphrase, another
    /// type, or may be read by other users.
    #[error("`{}` is not a usable private key: {reason}", .path.display())]
    InvalidIdentity {
        /// The key file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// No key is pinned for the port; keys are never trusted on first use.
    #[error("no host key is pinned for port {port}")]
    NotPinned {
        /// The port on 127.0.0.1.
        port: u16,
    },
    /// The server does not accept the public key.
    #[error("the SSH server on {peer} does not accept the key `{}`", .identity.display())]
    KeyRejected {
        /// The server.
        peer: Peer,
        /// The private key.
        identity: PathBuf,
    },
    /// The connection broke, or the server violated the protocol.
    #[error("the SSH connection to {peer} failed")]
    Connection {
        /// The server.
        peer: Peer,
        /// The error of the SSH library.
        #[source]
        source: BoxError,
    },
    /// A standard stream of this process failed while the remote command ran.
    #[error("cannot use {stream}")]
    StandardStream {
        /// The stream, such as `standard output`.
        stream: &'static str,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// The server refused a request on an open connection.
    #[error("the SSH server refused {what}")]
    Refused {
        /// The request, such as `a terminal`.
        what: &'static str,
    },
    /// A forward cannot listen on this machine; usually the address is in use.
    #[error("cannot listen on `{address}`{}", holder_suffix(.holder.as_deref()))]
    CannotListen {
        /// The port, address or path.
        address: String,
        /// The program that uses it, if known.
        holder: Option<String>,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// A forward cannot listen in the container; usually the address is in use.
    #[error("the container cannot listen on `{address}`")]
    CannotListenInContainer {
        /// The port, address or path.
        address: String,
    },
}

fn holder_suffix(holder: Option<&str>) -> String {
    holder.map(|holder| format!(": in use by {holder}")).unwrap_or_default()
}

fn indented_lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

impl Advice for RemoteError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Read { .. }
            | Self::Write { .. }
            | Self::InvalidKey { .. }
            | Self::InvalidIdentity { .. }
            | Self::NoFreePort { .. }
            | Self::CannotListen { .. }
            | Self::CannotListenInContainer { .. } => exit::SSH_SETUP_FAILED,
            Self::HostKeyMismatch { .. } | Self::NotPinned { .. } => exit::HOST_KEY_MISMATCH,
            Self::StandardStream { .. } => exit::FAILED,
            _ => exit::CANNOT_CONNECT,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoFreePort { .. } => vec![
                Hint::new("widen `ssh.port_range_start` and `ssh.port_range_end`"),
                Hint::new("remove a container that is no longer needed with `cai stop --remove`"),
            ],
            Self::CannotListen { .. } | Self::CannotListenInContainer { .. } => {
                vec![Hint::new(
                    "choose another port or path, or stop the program that listens there",
                )]
            }
            Self::InvalidKey { path, .. } => vec![Hint::new(format!(
                "move `{}` away; the next run creates a new key",
                path.display()
            ))],
            Self::InvalidIdentity { .. } => vec![Hint::new(
                "choose an ed25519 key in OpenSSH format, without a passphrase and with mode 0600",
            )],
            Self::NotSsh { peer, .. }
            | Self::NotReady { peer, .. }
            | Self::HandshakeTimeout { peer, .. }
            | Self::Connection { peer, .. }
                if !peer.is_container() =>
            {
                vec![Hint::new(
                    "check that an SSH server is running there and that the address is correct",
                )]
            }
            Self::HostKeyMismatch { peer, .. } if !peer.is_container() => {
                vec![Hint::new("if the server's key was changed on purpose, pin the new one")]
            }
            Self::HostKeyMismatch { .. } => vec![
                Hint::new("another program may be listening on the port: find it with `ss -ltnp`"),
                Hint::new(
                    "if the container changed its own key, remove it with `cai stop --remove`; its volumes are kept",
                ),
            ],
            Self::EngineHostUnreachable { .. } => vec![Hint::new(
                "check that `ssh` connects to that host without prompting: its host key in `known_hosts`, your key in the SSH agent",
            )],
            Self::NotSsh { .. } => vec![Hint::new(
                "another program may be listening on the port: find it with `ss -ltnp`; stop the container and run the command again",
            )],
            Self::KeyRejected { peer, .. } if !peer.is_container() => {
                vec![Hint::new("add the public key to the user's `authorized_keys`")]
            }
            Self::NotReady { .. } | Self::HandshakeTimeout { .. } | Self::Connection { .. } => {
                vec![Hint::run("cai status", "check the state of the container")]
            }
            Self::KeyRejected { .. } => vec![Hint::new(
                "stop the container with `cai stop` and run the command again: its files are installed before every start",
            )],
            Self::Read { .. } => {
                vec![Hint::new("check its read permission, then run the command again")]
            }
            Self::Write { source, .. } if disk_full::is_full(source) => vec![disk_full::hint()],
            Self::Write { .. } => vec![Hint::new(
                "check its write permission and the free disk space, then run the command again",
            )],
            Self::NotPinned { .. } => vec![Hint::run(
                "cai run --fresh",
                "recreate the container, which has no host key; its volumes are kept",
            )],
            Self::Refused { .. } => {
                vec![Hint::run("cai logs --unit ssh", "see the messages of the server")]
            }
            Self::StandardStream { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;
    use crate::naming::{HostPort, HostPortError};
    use crate::{samples, testing};

    #[test]
    fn error_messages() -> Result<(), HostPortError> {
        let port = HostPort::new(2300)?;
        let container = || Peer::Container(port);
        let host = || Peer::Host { name: "build".into(), port };
        let config = || PathBuf::from("/home/me/.ssh/config");
        let key = || PathBuf::from("/home/me/.config/containai/id_containai");
        let cause = |kind: ErrorKind| BoxError::from(Error::from(kind));
        let silent = |peer| RemoteError::NotReady {
            peer,
            waited: Duration::from_secs(30),
            last: "Connection refused".into(),
        };
        let mismatch = |peer| RemoteError::HostKeyMismatch {
            peer,
            pinned: "SHA256:pinned".into(),
            presented: "SHA256:other".into(),
        };
        let samples = samples!(RemoteError {
            Read: [RemoteError::Read {
                path: config(),
                source: ErrorKind::PermissionDenied.into()
            }],
            Write: [RemoteError::Write { path: config(), source: ErrorKind::StorageFull.into() }],
            InvalidKey: [RemoteError::InvalidKey {
                path: key(),
                reason: "it has a passphrase".into()
            }],
            NoFreePort: [RemoteError::NoFreePort {
                start: 2300,
                end: 2301,
                holders: vec!["2300: api-main".into(), "2301: another program".into()],
            }],
            NotReady: [silent(container()), silent(host())],
            HandshakeTimeout: [
                RemoteError::HandshakeTimeout {
                    peer: container(),
                    waited: Duration::from_secs(30),
                },
                RemoteError::HandshakeTimeout { peer: host(), waited: Duration::from_secs(30) },
            ],
            NotSsh: [RemoteError::NotSsh { peer: container(), received: "HTTP/1.1 400".into() }],
            EngineHostUnreachable: [RemoteError::EngineHostUnreachable {
                engine: "ssh://me@build".into(),
                source: "Host key verification failed.".into(),
            }],
            HostKeyMismatch: [mismatch(container()), mismatch(host())],
            InvalidIdentity: [RemoteError::InvalidIdentity {
                path: "/home/me/.ssh/id_rsa".into(),
                reason: "it is no ed25519 key".into(),
            }],
            NotPinned: [RemoteError::NotPinned { port: 2300 }],
            KeyRejected: [
                RemoteError::KeyRejected { peer: container(), identity: key() },
                RemoteError::KeyRejected { peer: host(), identity: key() },
            ],
            Connection: [RemoteError::Connection {
                peer: container(),
                source: cause(ErrorKind::ConnectionReset),
            }],
            StandardStream: [RemoteError::StandardStream {
                stream: "standard output",
                source: ErrorKind::StorageFull.into(),
            }],
            Refused: [RemoteError::Refused { what: "a terminal" }],
            CannotListen: [RemoteError::CannotListen {
                address: "127.0.0.1:8080".into(),
                holder: Some("`node` (4711)".into()),
                source: ErrorKind::AddrInUse.into(),
            }],
            CannotListenInContainer: [RemoteError::CannotListenInContainer {
                address: "localhost:80".into()
            }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
        Ok(())
    }
}
