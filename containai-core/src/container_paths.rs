//! Paths in containers and on their data volumes.

/// The home directory of [`CONTAINER_USER`].
pub const CONTAINER_HOME: &str = "/home/agent";
/// The mount point of the workspace in a container.
pub const CONTAINER_WORKSPACE: &str = "/home/agent/workspace";
/// The mount point of the data volume in a container.
pub const CONTAINER_DATA: &str = "/mnt/agent-data";
/// The directory with a volume for each login that the container shares.
pub const CONTAINER_CREDENTIALS: &str = "/mnt/agent-credentials";
/// The program that links, stores and removes logins.
pub const CONTAINER_CREDENTIALS_PROGRAM: &str = "/usr/lib/containai/credentials";
/// The list of the files of logins, for [`CONTAINER_CREDENTIALS_PROGRAM`].
pub const CONTAINER_CREDENTIALS_LIST: &str = "/usr/lib/containai/credentials.list";
/// The program that passes URLs to a browser of the host, as `xdg-open` and `BROWSER`.
pub const CONTAINER_BROWSER: &str = "/usr/lib/containai/browser";
/// Returns the socket on which [`CONTAINER_BROWSER`] listens for one session.
#[must_use]
pub fn browser_socket(id: &impl std::fmt::Display) -> String {
    format!("/run/containai/session/browser-{id}.sock")
}

/// The file on a data volume with the id of its import record.
pub const VOLUME_IMPORT_ID: &str = ".containai/import";
/// The file on a data volume with the home directory paths that an import added to those of
/// manifests: a JSON array of strings.
pub const VOLUME_ADDITIONAL_PATHS: &str = ".containai/additional";
/// The staging directory of a restore at the root of a data volume; exists only during the restore.
pub const VOLUME_STAGING: &str = ".containai-restore";
/// The directory on a data volume for files replaced by newer ones.
pub const VOLUME_REPLACED: &str = ".containai/replaced";
/// The path of the engine's runtime program in a container, read-only.
pub const CONTAINER_CAI: &str = "/usr/local/bin/cai";
/// The mount point of the host repository's objects and large files in the container of a linked
/// worktree, read-only.
pub const CONTAINER_REPOSITORY: &str = "/mnt/host-repository";
/// The data root of the Docker engine inside a container; a volume.
pub const CONTAINER_DOCKER: &str = "/var/lib/docker";
/// The file of public keys for the container's sshd.
pub const CONTAINER_AUTHORIZED_KEYS: &str = "/etc/containai/authorized_keys";
/// The session environment: `NAME=value` lines on a tmpfs, read by sshd (`environment` in sshd(8))
/// through a link in `~/.ssh`.
pub const CONTAINER_SESSION_ENV: &str = "/run/containai/session/environment";
/// The directory of the records of agent sessions, one file each; it is lost with the container.
pub const CONTAINER_SESSION_RECORDS: &str = "/home/agent/.local/state/containai/sessions";
/// The directory of the sockets of agent sessions, on a tmpfs.
pub const CONTAINER_SESSION_SOCKETS: &str = "/run/user/1000/containai-sessions";
/// The directory of the user's start-up hooks, installed before each start.
pub const CONTAINER_HOOKS: &str = "/etc/containai/hooks";
/// The names of the current hooks, one per line, in order; other files are leftovers.
pub const CONTAINER_HOOK_LIST: &str = "/etc/containai/hooks/list";
/// The layout of the data volume and the links to it, tmpfiles.d(5).
pub const CONTAINER_TMPFILES: &str = "/usr/lib/tmpfiles.d/containai.conf";
/// The drop-in of the init unit for the data volume.
pub const CONTAINER_DROP_IN: &str = "/etc/systemd/system/containai-init.service.d/volume.conf";
/// The certificates of the host that the container trusts, PEM; installed before each start.
pub const CONTAINER_CERTIFICATES: &str = "/etc/containai/network/certificates.pem";
/// The proxies of the host, one `NAME=value` a line, readable by root only; installed before each
/// start.
pub const CONTAINER_PROXIES: &str = "/etc/containai/network/proxies";
/// The program that applies [`CONTAINER_CERTIFICATES`] and [`CONTAINER_PROXIES`].
pub const CONTAINER_NETWORK_PROGRAM: &str = "/usr/lib/containai/network";
/// The directory of agent wrappers, first in `PATH`.
pub const CONTAINER_WRAPPERS: &str = "/usr/lib/containai/wrappers";
/// The program that starts the agent of a wrapper in [`CONTAINER_WRAPPERS`].
pub const CONTAINER_WRAP: &str = "/usr/lib/containai/wrap";
/// The container's public host key, generated at its first boot.
pub const CONTAINER_HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key.pub";
/// The user of sessions; uid and gid are 1000.
pub const CONTAINER_USER: &str = "agent";
