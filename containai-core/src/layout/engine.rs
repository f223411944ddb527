//! The paths of the dedicated engine.

use std::path::{Path, PathBuf};

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
