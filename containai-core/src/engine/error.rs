//! Errors of a container engine.

use crate::box_error::BoxError;

/// An error of a container engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No response from the address: the engine is not set up, not running, or hangs.
    #[error("cannot reach the engine at `{address}`")]
    Unreachable {
        /// The address, as a URL.
        address: String,
        /// The connection error.
        #[source]
        source: BoxError,
    },
    /// This user may not access the engine's socket.
    #[error("no permission to use the engine at `{address}`")]
    AccessDenied {
        /// The address, as a URL.
        address: String,
        /// The connection error.
        #[source]
        source: BoxError,
    },
    /// The engine's address is invalid.
    #[error("`{address}` is not an engine address: {reason}")]
    InvalidAddress {
        /// The address.
        address: String,
        /// The reason.
        reason: String,
    },
    /// Another container has the name; usually a concurrent `cai` created it first.
    #[error("the container name `{name}` is already in use")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Another process took the port between choosing and starting.
    #[error("host port {port} is already in use")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The container does not exist; usually it was removed concurrently.
    #[error("there is no container `{id}`")]
    NoSuchContainer {
        /// The id or name.
        id: String,
    },
    /// The image is not in the engine's store.
    #[error("there is no image `{image}`")]
    NoSuchImage {
        /// The reference.
        image: String,
    },
    /// None of the allowed sources provided the image.
    #[error("image `{image}` is not available{}", list(.tried))]
    ImageUnavailable {
        /// The requested image.
        image: String,
        /// The attempted sources with their errors.
        tried: Vec<String>,
    },
    /// A step of an image build failed.
    #[error("building image `{image}` failed at `{step}`{}", list(.tail))]
    BuildFailed {
        /// The image.
        image: String,
        /// The failed step, as in the Dockerfile.
        step: String,
        /// The last lines of output.
        tail: Vec<String>,
    },
    /// A built image has a label that is reserved for containers; all its containers would have it.
    #[error("image `{image}` has the label `{label}`, which is reserved by ContainAI")]
    ReservedLabel {
        /// The image.
        image: String,
        /// The label.
        label: String,
    },
    /// An image that is not based on a ContainAI image: its containers would not boot, or have no
    /// SSH server.
    #[error("image `{image}` is not based on a ContainAI image: it has no `{missing}`")]
    NoBaseSystem {
        /// The image.
        image: String,
        /// A file of the base system that the image lacks.
        missing: &'static str,
    },
    /// The engine has no such runtime.
    #[error("the engine does not know the runtime `{runtime}`")]
    UnknownRuntime {
        /// The runtime's name.
        runtime: String,
    },
    /// No isolation is available; containers never run without one.
    #[error("no isolation available: {reason}")]
    NoIsolation {
        /// The attempted isolations with the reasons for their failure.
        reason: String,
    },
    /// Sysbox is registered, but its services do not respond; usually they were stopped or killed.
    #[error("Sysbox does not respond: {message}")]
    SysboxUnresponsive {
        /// The message of its runtime.
        message: String,
    },
    /// The disk of the engine's store is full.
    #[error("no space left for the engine: {message}")]
    NoSpace {
        /// The engine's message.
        message: String,
    },
    /// A volume was copied incompletely: the helper container's image lacks GNU coreutils, or a
    /// file is unreadable.
    #[error("copying volumes failed: the helper container exited with status {status}{}", list(.tail))]
    CopyFailed {
        /// The exit status of the helper.
        status: i64,
        /// Its error messages, without control characters.
        tail: Vec<String>,
    },
    /// The container started, but its first process exited.
    #[error("container `{name}` exited with status {status}{}", list(.log))]
    ContainerExited {
        /// The container's name.
        name: String,
        /// The exit status of its first process.
        status: i64,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// A requested mount would expose the host to the container.
    #[error("refusing to mount `{path}`: {reason}")]
    ForbiddenMount {
        /// The path on the host.
        path: String,
        /// The reason.
        reason: &'static str,
    },
    /// The engine's kernel or control groups lack a controller.
    #[error("the engine's kernel cannot limit {limit}")]
    UnsupportedLimit {
        /// The resource, such as `memory`.
        limit: String,
    },
    /// The engine reported another error.
    #[error("the engine reported an error: {message}")]
    Refused {
        /// The HTTP status; 0 for a broken connection.
        status: u16,
        /// The engine's message.
        message: String,
    },
    /// A host file required by the engine cannot be read or written.
    #[error("cannot use `{path}`")]
    HostFile {
        /// The file.
        path: String,
        /// The system error.
        #[source]
        source: std::io::Error,
    },
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;
    use crate::{samples, testing};

    #[test]
    fn messages_and_hints() {
        let unreachable = |address: &str| EngineError::Unreachable {
            address: address.into(),
            source: Error::from(ErrorKind::ConnectionRefused).into(),
        };
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        let (name, image) = (|| "api-main".to_owned(), || "me/tools:1".to_owned());
        let samples = samples!(EngineError {
            Unreachable: [
                unreachable("unix:///var/run/containai-docker.sock"),
                unreachable("unix:///run/other.sock"),
                unreachable("ssh://me@build"),
                unreachable("tcp://build:2376"),
            ],
            AccessDenied: [EngineError::AccessDenied {
                address: "unix:///var/run/containai-docker.sock".into(),
                source: Error::from(ErrorKind::PermissionDenied).into(),
            }],
            InvalidAddress: [EngineError::InvalidAddress {
                address: "npipe:////./pipe/docker".into(),
                reason: "its scheme is none of `unix`, `tcp` and `ssh`".into(),
            }],
            NameTaken: [EngineError::NameTaken { name: name() }],
            PortTaken: [EngineError::PortTaken { port: 2300 }],
            NoSuchContainer: [EngineError::NoSuchContainer { id: name() }],
            NoSuchImage: [EngineError::NoSuchImage { image: image() }],
            ImageUnavailable: [EngineError::ImageUnavailable {
                image: image(),
                tried: lines(&["pull: the registry does not answer", "build: there is no recipe"]),
            }],
            BuildFailed: [
                EngineError::BuildFailed {
                    image: image(),
                    step: "RUN apt-get update".into(),
                    tail: lines(&["E: Unable to fetch some archives"]),
                },
                EngineError::BuildFailed {
                    image: image(),
                    step: "RUN sh boot-check".into(),
                    tail: lines(&["the image would not boot: systemd 258 refuses cgroup v1"]),
                },
            ],
            ReservedLabel: [EngineError::ReservedLabel {
                image: image(),
                label: "containai.workspace".into(),
            }],
            NoBaseSystem: [EngineError::NoBaseSystem {
                image: "debian:13".into(),
                missing: "/sbin/init",
            }],
            UnknownRuntime: [
                EngineError::UnknownRuntime { runtime: "containai".into() },
                EngineError::UnknownRuntime { runtime: "sysbox-runc".into() },
            ],
            NoIsolation: [EngineError::NoIsolation { reason: "the probe did not start".into() }],
            SysboxUnresponsive: [EngineError::SysboxUnresponsive {
                message: "failed to register".into()
            }],
            NoSpace: [EngineError::NoSpace { message: "write /layer: no space left".into() }],
            CopyFailed: [EngineError::CopyFailed {
                status: 4,
                tail: lines(&["cp: error reading 'a': Input/output error"]),
            }],
            ContainerExited: [
                EngineError::ContainerExited {
                    name: name(),
                    status: 255,
                    log: lines(&["Failed to mount cgroup", "Freezing execution"]),
                },
                EngineError::ContainerExited {
                    name: name(),
                    status: 255,
                    log: lines(&[
                        "Failed to create control group inotify object: Too many open files"
                    ]),
                },
                EngineError::ContainerExited {
                    name: name(),
                    status: 255,
                    log: lines(&[
                        "Detected cgroup v1 hierarchy at /sys/fs/cgroup/, which is no longer supported"
                    ]),
                },
            ],
            ForbiddenMount: [EngineError::ForbiddenMount {
                path: "/etc".into(),
                reason: "it belongs to the host",
            }],
            UnsupportedLimit: [EngineError::UnsupportedLimit { limit: "processor time".into() }],
            Refused: [EngineError::Refused { status: 500, message: "unknown driver".into() }],
            HostFile: [EngineError::HostFile {
                path: "/var/lib/containai-docker/engine-id".into(),
                source: ErrorKind::PermissionDenied.into(),
            }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
