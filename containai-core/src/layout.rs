//! All paths of ContainAI, on the host and in the container.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::naming::{ContainerName, SshAlias, TemplateName, VolumeName, WorkspacePath};

mod engine;
mod loans;
mod sysbox;
mod workspace;
mod workspace_records;

pub use engine::EngineLayout;

pub use crate::container_paths::{
    CONTAINER_AUTHORIZED_KEYS, CONTAINER_BROWSER, CONTAINER_CAI, CONTAINER_CERTIFICATES,
    CONTAINER_CREDENTIALS, CONTAINER_CREDENTIALS_LIST, CONTAINER_CREDENTIALS_PROGRAM,
    CONTAINER_DATA, CONTAINER_DOCKER, CONTAINER_DROP_IN, CONTAINER_HOME, CONTAINER_HOOK_LIST,
    CONTAINER_HOOKS, CONTAINER_HOST_KEY, CONTAINER_NETWORK_PROGRAM, CONTAINER_PROXIES,
    CONTAINER_REPOSITORY, CONTAINER_SESSION_ENV, CONTAINER_SESSION_RECORDS,
    CONTAINER_SESSION_SOCKETS, CONTAINER_TMPFILES, CONTAINER_USER, CONTAINER_WORKSPACE,
    CONTAINER_WRAP, CONTAINER_WRAPPERS, VOLUME_ADDITIONAL_PATHS, VOLUME_IMPORT_ID, VOLUME_REPLACED,
    VOLUME_STAGING, browser_socket,
};

/// The paths of one user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layout {
    home: PathBuf,
    config: PathBuf,
    docker_config: PathBuf,
    data: PathBuf,
    runtime: Option<PathBuf>,
}

impl Layout {
    /// Creates the layout for `home`. `config_home` is `XDG_CONFIG_HOME` (default `home/.config`;
    /// relative paths are ignored, as required by the XDG Base Directory Specification).
    /// `docker_config` is `DOCKER_CONFIG` (default `home/.docker`).
    pub fn new(home: &Path, config_home: Option<&Path>, docker_config: Option<&Path>) -> Self {
        let config_home = config_home
            .filter(|path| path.is_absolute())
            .map_or_else(|| home.join(".config"), Path::to_owned);
        Self {
            home: home.to_owned(),
            config: config_home.join("containai"),
            docker_config: docker_config.map_or_else(|| home.join(".docker"), Path::to_owned),
            data: home.join(".local/share/containai"),
            runtime: None,
        }
    }

    /// Places sockets below `runtime`, which is `XDG_RUNTIME_DIR`; a relative path is ignored.
    #[must_use]
    pub fn with_runtime_dir(mut self, runtime: Option<&Path>) -> Self {
        self.runtime = runtime.filter(|path| path.is_absolute()).map(Path::to_owned);
        self
    }

    /// Places data other than configuration below `data`, which is `XDG_DATA_HOME`; a relative path
    /// is ignored.
    #[must_use]
    pub fn with_data_home(mut self, data: Option<&Path>) -> Self {
        if let Some(data) = data.filter(|path| path.is_absolute()) {
            self.data = data.join("containai");
        }
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

    /// `~/.local/share/containai`, mode 0700.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The empty workspaces of questions. Containers may write there, so it is apart from other data.
    pub fn question_dir(&self) -> PathBuf {
        self.home.join(".cache/containai-questions")
    }

    /// The default directory for exports, mode 0700.
    pub fn export_dir(&self) -> PathBuf {
        self.data.join("exports")
    }

    /// Downloaded features by their digests; nothing is lost with it.
    pub fn feature_cache(&self) -> PathBuf {
        self.data.join("features")
    }

    /// The configuration directory of the Docker client, including registry credentials.
    pub fn docker_config_dir(&self) -> &Path {
        &self.docker_config
    }

    /// The configuration of the user's Docker client.
    pub fn docker_config_file(&self) -> PathBuf {
        self.docker_config.join("config.json")
    }

    /// The user's configuration.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Start-up hooks of all containers, run in the order of their names.
    pub fn startup_hooks(&self) -> PathBuf {
        self.config.join("hooks/startup.d")
    }

    /// The user's private key for all containers, mode 0600.
    pub fn identity(&self) -> PathBuf {
        self.config.join("id_containai")
    }

    /// The public half of [`Self::identity`].
    pub fn identity_public(&self) -> PathBuf {
        self.config.join("id_containai.pub")
    }

    /// The id of this machine as a client of remote engines; generated at first use.
    pub fn client_id(&self) -> PathBuf {
        self.config.join("client-id")
    }

    /// The sync base of a workspace copy on a remote engine, by the engine's address and the
    /// volume; mode 0600 in a directory of mode 0700.
    pub fn workspace_sync_base(&self, engine: &str, volume: &VolumeName) -> PathBuf {
        let digest = Sha256::digest(engine);
        let digest = hex::encode(&digest[..4]);
        self.config.join("copies").join(format!("{volume}-{digest}.json"))
    }

    /// The pinned host keys; written only by ContainAI.
    pub fn known_hosts(&self) -> PathBuf {
        self.config.join("known_hosts")
    }

    /// Serializes changes of [`Self::known_hosts`].
    pub fn known_hosts_lock(&self) -> PathBuf {
        self.lock_dir().join("known_hosts.lock")
    }

    /// The user's own manifests, `*.toml`.
    pub fn manifest_dir(&self) -> PathBuf {
        self.config.join("manifests")
    }

    /// The user's templates, one directory each.
    pub fn template_dir(&self) -> PathBuf {
        self.config.join("templates")
    }

    /// The directory of a template: its Dockerfile and the files it copies.
    pub fn template(&self, name: &TemplateName) -> PathBuf {
        self.template_dir().join(name.as_str())
    }

    /// Start-up hooks for containers of a template, in addition to [those of all
    /// containers](Self::startup_hooks).
    pub fn template_hooks(&self, name: &TemplateName) -> PathBuf {
        self.template(name).join("hooks/startup.d")
    }

    /// Files that replace those of the home directory with the same relative paths during an
    /// import.
    pub fn import_overrides(&self) -> PathBuf {
        self.config.join("import-overrides")
    }

    /// The import record of a volume on an engine, mode 0600.
    pub fn import_record(&self, engine: &str, volume: &VolumeName) -> PathBuf {
        let digest = Sha256::digest(format!("{engine}\n{volume}"));
        let name = hex::encode(&digest[..16]);
        self.config.join("imports").join(format!("{name}.json"))
    }

    /// The directory into which a settings archive is unpacked for an import.
    pub fn import_unpack_dir(&self) -> PathBuf {
        self.config.join("imports").join("unpacked")
    }

    /// Serializes the use of [`Self::import_unpack_dir`].
    pub fn import_unpack_lock(&self) -> PathBuf {
        self.lock_dir().join("import-unpacked.lock")
    }

    /// The directory with the named pipe of a restore to a volume, below a directory of mode 0700;
    /// exists as long as the helper container.
    pub fn restore_pipe_dir(&self, volume: &VolumeName) -> PathBuf {
        self.config.join("pipes").join(volume.as_ref())
    }

    /// Serializes imports of this user.
    pub fn import_lock(&self) -> PathBuf {
        self.lock_dir().join("import.lock")
    }

    /// The directory of lock files, which hold no data.
    pub fn lock_dir(&self) -> PathBuf {
        self.config.join("locks")
    }

    /// Serializes choosing a port and creating the container that uses it.
    pub fn port_lock(&self) -> PathBuf {
        self.lock_dir().join("ports.lock")
    }

    /// Serializes building images.
    pub fn image_lock(&self) -> PathBuf {
        self.lock_dir().join("image.lock")
    }

    /// Serializes changes of [`Self::config_file`].
    pub fn config_lock(&self) -> PathBuf {
        self.lock_dir().join("config.lock")
    }

    /// The directory of approvals of workspace files, mode 0700.
    pub fn trust_dir(&self) -> PathBuf {
        self.config.join("trust")
    }

    /// The approval of a workspace's configuration file.
    pub fn trust_file(&self, workspace: &WorkspacePath) -> PathBuf {
        let digest = Sha256::digest(workspace.as_str());
        let name = hex::encode(digest);
        self.trust_dir().join(format!("{name}.json"))
    }

    /// The approval of a `devcontainer.json` at a path in a workspace.
    pub fn devcontainer_trust_file(&self, workspace: &WorkspacePath, path: &str) -> PathBuf {
        let file = self.trust_file(workspace);
        match DEVCONTAINER_FILES.contains(&path) {
            true => file.with_extension("devcontainer.json"),
            false => {
                let digest = hex::encode(Sha256::digest(path));
                file.with_extension(format!("{digest}.devcontainer.json"))
            }
        }
    }

    /// An empty file that exists while a container of the workspace may have variables in
    /// [`CONTAINER_SESSION_ENV`].
    pub fn session_env_marker(&self, workspace: &WorkspacePath) -> PathBuf {
        self.config.join("environment").join(workspace.digest())
    }

    /// The text of a warning that is not repeated.
    pub fn notice(&self, name: &str) -> PathBuf {
        self.config.join("notices").join(name)
    }

    /// Serializes setup.
    pub fn setup_lock(&self) -> PathBuf {
        self.lock_dir().join("setup.lock")
    }

    /// The directory of active forwards, one file per forwarding process.
    pub fn forward_dir(&self) -> PathBuf {
        self.config.join("forwards")
    }

    /// The socket of the mux daemon, mode 0600 in a directory of mode 0700. Its name distinguishes
    /// configurations that share one `XDG_RUNTIME_DIR`; without that, it is below the configuration
    /// directory.
    pub fn mux_socket(&self) -> PathBuf {
        match &self.runtime {
            Some(runtime) => {
                let digest = Sha256::digest(self.config.as_os_str().as_encoded_bytes());
                let name = hex::encode(&digest[..4]);
                runtime.join(format!("containai/mux-{name}.sock"))
            }
            None => self.config.join("run/mux.sock"),
        }
    }

    /// `~/.ssh`.
    pub fn ssh_dir(&self) -> PathBuf {
        self.home.join(".ssh")
    }

    /// The user's OpenSSH client configuration, which gets one `Include` directive.
    pub fn ssh_config(&self) -> PathBuf {
        self.ssh_dir().join("config")
    }

    /// The directory of OpenSSH client configurations, one file per container; mode 0700.
    pub fn ssh_include_dir(&self) -> PathBuf {
        self.ssh_dir().join("containai.d")
    }

    /// The OpenSSH client configuration of one container.
    pub fn ssh_include_file(&self, name: &ContainerName) -> PathBuf {
        self.ssh_include_dir().join(format!("{}.conf", SshAlias::of(name)))
    }

    /// The directory of the meta file of the Docker context `containai-docker`; its name is the
    /// SHA-256 of the context's name.
    pub fn docker_context_dir(&self, digest: &str) -> PathBuf {
        self.docker_config.join("contexts/meta").join(digest)
    }
}

/// Returns the path of the configuration that a workspace may suggest.
pub fn workspace_config(workspace: &WorkspacePath) -> PathBuf {
    workspace.as_path().join(".containai/config.toml")
}

/// The locations of a workspace's `devcontainer.json`, in search order.
pub const DEVCONTAINER_FILES: [&str; 2] = [".devcontainer/devcontainer.json", ".devcontainer.json"];

#[cfg(test)]
mod tests;
