//! Every path that ContainAI owns, on the host and in the container.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::naming::{ContainerName, SshAlias, TemplateName, VolumeName, WorkspacePath};

mod workspace;

/// The home directory of [`CONTAINER_USER`].
pub const CONTAINER_HOME: &str = "/home/agent";
/// Where the workspace is mounted in a container.
pub const CONTAINER_WORKSPACE: &str = "/home/agent/workspace";
/// Where the data volume is mounted in a container.
pub const CONTAINER_DATA: &str = "/mnt/agent-data";
/// The file on a data volume that says which record of imports is its own.
pub const VOLUME_STAMP: &str = ".containai/import";
/// The file on a data volume that says which paths of the home directory an
/// import brought along besides those of manifests: JSON, a list of texts.
pub const VOLUME_ADDITIONAL: &str = ".containai/additional";
/// The directory at the top of a data volume in which a restore unpacks, and
/// which is there only while it does.
pub const VOLUME_STAGING: &str = ".containai-restore";
/// Where a data volume keeps what something newer took the place of.
pub const VOLUME_REPLACED: &str = ".containai/replaced";
/// Where a container finds the program that its engine's runtime is, read-only.
pub const CONTAINER_PROGRAM: &str = "/usr/local/bin/cai";
/// Where a linked worktree's container finds objects and large files of the
/// host's repository, read-only.
pub const CONTAINER_REPOSITORY: &str = "/mnt/host-repository";
/// Where the inner Docker keeps its store; a named volume.
pub const CONTAINER_DOCKER: &str = "/var/lib/docker";
/// The file that the image's sshd reads our public key from.
pub const CONTAINER_AUTHORIZED_KEYS: &str = "/etc/containai/authorized_keys";
/// What sshd gives to sessions of other programs: `NAME=value` lines, in memory
/// (`environment` of sshd(8), by way of a link in `~/.ssh`).
pub const CONTAINER_ENVIRONMENT: &str = "/run/containai/session/environment";
/// Start-up hooks of the user, put there from outside before each start.
pub const CONTAINER_HOOKS: &str = "/etc/containai/hooks";
/// The names of the hooks that count, one a line in the order of their turns:
/// what was put there earlier may have gone from the host since.
pub const CONTAINER_HOOK_LIST: &str = "/etc/containai/hooks/list";
/// The shape of the data volume and the links into it, tmpfiles.d(5).
pub const CONTAINER_TMPFILES: &str = "/usr/lib/tmpfiles.d/containai.conf";
/// Programs that stand for agents, first on the path.
pub const CONTAINER_WRAPPERS: &str = "/usr/lib/containai/wrappers";
/// Starts what a wrapper of [`CONTAINER_WRAPPERS`] stands for.
pub const CONTAINER_WRAP: &str = "/usr/lib/containai/wrap";
/// The container's public host key, made at its first boot.
pub const CONTAINER_HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key.pub";
/// The user that sessions run as; uid and gid are 1000.
pub const CONTAINER_USER: &str = "agent";

/// The paths of one user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layout {
    home: PathBuf,
    config: PathBuf,
    docker_config: PathBuf,
    runtime: Option<PathBuf>,
}

impl Layout {
    /// Lays out the paths below `home`; `config_home` is `XDG_CONFIG_HOME`
    /// (default `home/.config`; a relative one is ignored, as the XDG base
    /// directory specification asks) and `docker_config` is `DOCKER_CONFIG`
    /// (default `home/.docker`).
    pub fn new(home: &Path, config_home: Option<&Path>, docker_config: Option<&Path>) -> Self {
        let config_home = config_home
            .filter(|path| path.is_absolute())
            .map_or_else(|| home.join(".config"), Path::to_owned);
        Self {
            home: home.to_owned(),
            config: config_home.join("containai"),
            docker_config: docker_config.map_or_else(|| home.join(".docker"), Path::to_owned),
            runtime: None,
        }
    }

    /// Puts sockets below `runtime`, which is `XDG_RUNTIME_DIR`; a relative one
    /// is ignored.
    #[must_use]
    pub fn with_runtime_dir(mut self, runtime: Option<&Path>) -> Self {
        self.runtime = runtime.filter(|path| path.is_absolute()).map(Path::to_owned);
        self
    }

    /// The user's home directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// `~/.config/containai`, mode 0700.
    pub fn config_dir(&self) -> &Path {
        &self.config
    }

    /// The user's configuration.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Programs that every container runs when it starts, in the order of their
    /// names.
    pub fn startup_hooks(&self) -> PathBuf {
        self.config.join("hooks/startup.d")
    }

    /// The private key that opens every container of this user, mode 0600.
    pub fn identity(&self) -> PathBuf {
        self.config.join("id_containai")
    }

    /// The public half of [`Self::identity`].
    pub fn identity_public(&self) -> PathBuf {
        self.config.join("id_containai.pub")
    }

    /// What tells this machine from others that use the same engine; drawn at
    /// its first use of an engine elsewhere.
    pub fn client_id(&self) -> PathBuf {
        self.config.join("client-id")
    }

    /// What was brought to a volume of the engine with this address, which runs
    /// on another machine; mode 0600 in a directory of mode 0700.
    pub fn copy_record(&self, engine: &str, volume: &VolumeName) -> PathBuf {
        let digest = Sha256::digest(engine);
        let digest: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        self.config.join("copies").join(format!("{volume}-{digest}.json"))
    }

    /// The pinned host keys; written by ContainAI only.
    pub fn known_hosts(&self) -> PathBuf {
        self.config.join("known_hosts")
    }

    /// Serialises changes of [`Self::known_hosts`].
    pub fn known_hosts_lock(&self) -> PathBuf {
        self.lock_dir().join("known_hosts.lock")
    }

    /// The user's own manifests, `*.toml`.
    pub fn manifest_dir(&self) -> PathBuf {
        self.config.join("manifests")
    }

    /// The user's templates, a directory each.
    pub fn template_dir(&self) -> PathBuf {
        self.config.join("templates")
    }

    /// One template: its Dockerfile, and whatever that copies.
    pub fn template(&self, name: &TemplateName) -> PathBuf {
        self.template_dir().join(name.as_str())
    }

    /// Programs that every container of a template runs when it starts, beside
    /// [those of all](Self::startup_hooks).
    pub fn template_hooks(&self, name: &TemplateName) -> PathBuf {
        self.template(name).join("hooks/startup.d")
    }

    /// Files that an import puts in place of those of the home directory, by
    /// the same paths.
    pub fn import_overrides(&self) -> PathBuf {
        self.config.join("import-overrides")
    }

    /// What was imported to a volume of an engine, mode 0600.
    pub fn import_record(&self, engine: &str, volume: &VolumeName) -> PathBuf {
        let digest = Sha256::digest(format!("{engine}\n{volume}"));
        let name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.config.join("imports").join(format!("{name}.json"))
    }

    /// Where an archive of settings is while it is imported.
    pub fn import_unpacked(&self) -> PathBuf {
        self.config.join("imports").join("unpacked")
    }

    /// Serialises the use of [`Self::import_unpacked`].
    pub fn unpacking_lock(&self) -> PathBuf {
        self.lock_dir().join("import-unpacked.lock")
    }

    /// The directory with the named pipe of a restore to a volume; there while
    /// its helper is, in one of mode 0700.
    pub fn restore_pipe(&self, volume: &VolumeName) -> PathBuf {
        self.config.join("pipes").join(volume.as_ref())
    }

    /// Serialises imports of this user.
    pub fn import_lock(&self) -> PathBuf {
        self.lock_dir().join("import.lock")
    }

    /// Where lock files live; they hold no data.
    pub fn lock_dir(&self) -> PathBuf {
        self.config.join("locks")
    }

    /// Serialises choosing a port and creating the container that holds it.
    pub fn port_lock(&self) -> PathBuf {
        self.lock_dir().join("ports.lock")
    }

    /// Serialises making images.
    pub fn image_lock(&self) -> PathBuf {
        self.lock_dir().join("image.lock")
    }

    /// Serialises changes of [`Self::config_file`].
    pub fn config_lock(&self) -> PathBuf {
        self.lock_dir().join("config.lock")
    }

    /// What of workspaces' own files was approved, mode 0700.
    pub fn trust_dir(&self) -> PathBuf {
        self.config.join("trust")
    }

    /// What of one workspace's own file was approved.
    pub fn trust_file(&self, workspace: &WorkspacePath) -> PathBuf {
        let digest = Sha256::digest(workspace.as_str());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.trust_dir().join(format!("{name}.json"))
    }

    /// What of one workspace's `devcontainer.json` was approved.
    pub fn devcontainer_trust_file(&self, workspace: &WorkspacePath) -> PathBuf {
        self.trust_file(workspace).with_extension("devcontainer.json")
    }

    /// Is there while a container of the workspace may have variables of ours
    /// in [`CONTAINER_ENVIRONMENT`]; holds nothing.
    pub fn environment_mark(&self, workspace: &WorkspacePath) -> PathBuf {
        self.config.join("environment").join(workspace.digest())
    }

    /// Serialises set-up.
    pub fn setup_lock(&self) -> PathBuf {
        self.lock_dir().join("setup.lock")
    }

    /// What is forwarded at the moment, one file for each process that does.
    pub fn forward_dir(&self) -> PathBuf {
        self.config.join("forwards")
    }

    /// The socket of the process that shares connections, mode 0600 in a
    /// directory of mode 0700. Its name tells configurations apart that have one
    /// `XDG_RUNTIME_DIR`; without that it is below the configuration.
    pub fn mux_socket(&self) -> PathBuf {
        match &self.runtime {
            Some(runtime) => {
                let digest = Sha256::digest(self.config.as_os_str().as_encoded_bytes());
                let name: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
                runtime.join(format!("containai/mux-{name}.sock"))
            }
            None => self.config.join("run/mux.sock"),
        }
    }

    /// `~/.ssh`.
    pub fn ssh_dir(&self) -> PathBuf {
        self.home.join(".ssh")
    }

    /// The user's OpenSSH client configuration, which gets one `Include`.
    pub fn ssh_config(&self) -> PathBuf {
        self.ssh_dir().join("config")
    }

    /// One fragment for each container, mode 0700.
    pub fn ssh_fragment_dir(&self) -> PathBuf {
        self.ssh_dir().join("containai.d")
    }

    /// The OpenSSH client configuration of one container.
    pub fn ssh_fragment(&self, name: &ContainerName) -> PathBuf {
        self.ssh_fragment_dir().join(format!("{}.conf", SshAlias::of(name)))
    }

    /// The directory that holds the meta file of Docker context
    /// `containai-docker`; Docker names it by the SHA-256 of the context's name.
    pub fn docker_context_dir(&self, digest: &str) -> PathBuf {
        self.docker_config.join("contexts/meta").join(digest)
    }
}

/// The configuration that a workspace may suggest.
pub fn workspace_config(workspace: &WorkspacePath) -> PathBuf {
    workspace.as_path().join(".containai/config.toml")
}

/// Where a workspace's `devcontainer.json` is looked for, in this order.
pub const DEVCONTAINER_FILES: [&str; 2] = [".devcontainer/devcontainer.json", ".devcontainer.json"];

/// The paths of the dedicated engine, which belong to the machine.
///
/// `root` is `/` in normal use. Another root makes a second, independent
/// engine; bridge and firewall chains then carry a suffix made from the root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineLayout {
    root: PathBuf,
}

impl Default for EngineLayout {
    fn default() -> Self {
        Self::at("/")
    }
}

impl EngineLayout {
    /// The layout below `root`, an absolute path.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The engine's socket, `/var/run/containai-docker.sock`.
    pub fn socket(&self) -> PathBuf {
        self.root.join("var/run/containai-docker.sock")
    }

    /// Where the engine's configuration lives, `/etc/containai/docker`.
    pub fn config_dir(&self) -> PathBuf {
        self.root.join("etc/containai/docker")
    }

    /// The engine's configuration.
    pub fn daemon_json(&self) -> PathBuf {
        self.config_dir().join("daemon.json")
    }

    /// What set-up decided: isolation, subnet, subordinate ids.
    pub fn record(&self) -> PathBuf {
        self.root.join("etc/containai/engine.json")
    }

    /// The engine's store.
    pub fn data_root(&self) -> PathBuf {
        self.root.join("var/lib/containai-docker")
    }

    /// The engine's run-time state.
    pub fn exec_root(&self) -> PathBuf {
        self.root.join("var/run/containai-docker")
    }

    /// The process id of the engine.
    pub fn pid_file(&self) -> PathBuf {
        self.root.join("var/run/containai-docker.pid")
    }

    /// The process id of our supervisor, where systemd does not run the host.
    pub fn supervisor_pid_file(&self) -> PathBuf {
        self.root.join("var/run/containai-engine.pid")
    }

    /// The engine's log, where systemd does not keep it.
    pub fn log(&self) -> PathBuf {
        self.root.join("var/log/containai-docker.log")
    }

    /// Where set-up puts the runtime shim and the supervisor.
    pub fn libexec_dir(&self) -> PathBuf {
        self.root.join("usr/local/libexec/containai")
    }

    /// The OCI runtime shim.
    pub fn runtime(&self) -> PathBuf {
        self.libexec_dir().join("containai-runc")
    }

    /// The program that prepares the network and supervises the engine.
    pub fn supervisor(&self) -> PathBuf {
        self.libexec_dir().join("containai-engine")
    }

    /// The systemd unit of the engine.
    pub fn unit(&self) -> PathBuf {
        self.root.join("etc/systemd/system/containai-docker.service")
    }
}

#[cfg(test)]
mod tests;
