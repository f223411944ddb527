//! The exit codes and hints of engine errors.

use super::error::EngineError;
use crate::disk_full;
use crate::exit;
use crate::hint::{Advice, Hint};

impl Advice for EngineError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::InvalidAddress { .. } | Self::ForbiddenMount { .. } => exit::USAGE,
            Self::PortTaken { .. } => exit::SSH_SETUP_FAILED,
            Self::CopyFailed { .. } | Self::UnsupportedLimit { .. } => exit::FAILED,
            _ => exit::CONTAINER_NOT_STARTED,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Unreachable { address, .. } if is_dedicated_engine(address) => {
                Hint::run("cai setup", "install and start the engine")
            }
            Self::Unreachable { address, .. } if address.starts_with("ssh://") => Hint::new(
                "check that `ssh` connects without prompting (host key in `known_hosts`, your key in the agent) and that `docker` is installed there",
            ),
            Self::Unreachable { address, .. } if address.starts_with("tcp://") => Hint::new(
                "start the remote engine, and check that `DOCKER_CERT_PATH` contains certificates that both sides trust",
            ),
            Self::Unreachable { .. } => {
                Hint::new("start the engine, or select another one with `--docker-host`")
            }
            Self::AccessDenied { .. } => {
                Hint::run("cai setup", "give this user access, then open a new login session")
            }
            Self::InvalidAddress { .. } => Hint::new(
                "use `unix:///path`, `tcp://host:port` or `ssh://user@host[:port][/socket]`",
            ),
            Self::NameTaken { .. } | Self::NoSuchContainer { .. } => {
                Hint::new("run the same command again")
            }
            Self::PortTaken { .. } => Hint::new(
                "stop the program that uses the port, or remove the container, and run the command again",
            ),
            Self::NoSuchImage { .. } | Self::ImageUnavailable { .. } => Hint::new(
                "select another image with `--image`, or another source with `--image-source`",
            ),
            Self::BuildFailed { tail, .. } if needs_cgroup_v2(tail) => Hint::new(
                "build on an image with systemd 257 or older, such as Debian 13 or Ubuntu 24.04, or boot the engine's machine with `systemd.unified_cgroup_hierarchy=1`",
            ),
            Self::BuildFailed { .. } => {
                Hint::new("run the command again with `--verbose` to see the complete build output")
            }
            Self::ReservedLabel { .. } => {
                Hint::new("remove the label from the Dockerfile, or use another base image")
            }
            Self::NoBaseSystem { image, .. } => Hint::new(format!(
                "run `cai template new NAME`, write `FROM {image}` in its Dockerfile and use it with `--template NAME`: this adds the base system to a Debian or Ubuntu image",
            )),
            // Earlier versions used Sysbox without a shim.
            Self::UnknownRuntime { runtime } if runtime == "sysbox-runc" => {
                Hint::run("cai run --fresh", "recreate the container; its volumes are kept")
            }
            Self::SysboxUnresponsive { .. } => {
                return vec![
                    Hint::run(
                        "sudo systemctl restart sysbox",
                        "start its services; if that does not help, detach stale mounts with `umount --lazy /var/lib/sysboxfs/*` and restart it again",
                    ),
                    Hint::run(
                        "cai setup --isolation userns",
                        "use user namespaces instead of Sysbox",
                    ),
                ];
            }
            Self::UnknownRuntime { .. } | Self::NoIsolation { .. } => {
                Hint::run("cai setup", "repair the engine's runtimes")
            }
            Self::UnsupportedLimit { .. } => Hint::new(
                "use a kernel and control groups with that controller on the engine's machine; for processor time, `CONFIG_CFS_BANDWIDTH`",
            ),
            Self::NoSpace { .. } => {
                let cleanup =
                    Hint::run("cai gc --images", "remove old containers and unused images");
                return vec![disk_full::hint(), cleanup];
            }
            Self::HostFile { source, .. } if disk_full::is_full(source) => disk_full::hint(),
            // Each init watches files, and the kernel limits the total number of watches of all
            // containers.
            Self::ContainerExited { log, .. }
                if log.iter().any(|line| line.contains("inotify")) =>
            {
                Hint::run(
                    "sudo sysctl fs.inotify.max_user_instances=1024",
                    "allow more running containers, or stop one",
                )
            }
            Self::ContainerExited { log, .. } if needs_cgroup_v2(log) => Hint::run(
                "cai run --fresh --image IMAGE",
                "replace the container by one of an image with systemd 257 or older, such as Debian 13 or Ubuntu 24.04; or boot the engine's machine with `systemd.unified_cgroup_hierarchy=1`",
            ),
            Self::ContainerExited { .. } => Hint::new(
                "remove the container with `cai stop --remove`, and run the command again; its volumes are kept",
            ),
            Self::CopyFailed { .. } => Hint::new(
                "check that the image has GNU coreutils and that the engine's disk is healthy; existing data was not changed",
            ),
            Self::ForbiddenMount { .. } => Hint::new("choose another directory"),
            Self::Refused { .. } => Hint::new(
                "check the engine's log: `journalctl -u containai-docker`, or `/var/log/containai-docker.log` without systemd",
            ),
            Self::HostFile { .. } => {
                Hint::new("check that the file is readable and writable, and run the command again")
            }
        };
        vec![hint]
    }
}

/// Whether the address belongs to a dedicated engine installed by `cai setup`.
fn is_dedicated_engine(address: &str) -> bool {
    address.starts_with("unix://") && address.ends_with("/containai-docker.sock")
}

/// Whether systemd refused to boot because the machine has cgroup v1: systemd 258 and later do, in
/// the words of its console or of the check that ends an image build.
fn needs_cgroup_v2(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("cgroup v1"))
}
