//! Paths of the dedicated engine.

use std::path::{Path, PathBuf};

/// The paths of the dedicated engine, which belong to the machine.
///
/// `root` is `/` in normal use. Another root allows a second, independent engine; its bridge and
/// firewall chains have a suffix derived from the root.
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
    /// Creates the layout below `root`, an absolute path.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The engine's socket, `/var/run/containai-docker.sock`.
    pub fn socket(&self) -> PathBuf {
        self.root.join("var/run/containai-docker.sock")
    }

    /// The engine's configuration directory, `/etc/containai/docker`.
    pub fn config_dir(&self) -> PathBuf {
        self.root.join("etc/containai/docker")
    }

    /// The engine's configuration file.
    pub fn daemon_json(&self) -> PathBuf {
        self.config_dir().join("daemon.json")
    }

    /// The decisions of the setup: isolation, subnet, subordinate ids.
    pub fn record(&self) -> PathBuf {
        self.root.join("etc/containai/engine.json")
    }

    /// The engine's data root.
    pub fn data_root(&self) -> PathBuf {
        self.root.join("var/lib/containai-docker")
    }

    /// The engine's exec root, its run-time state.
    pub fn exec_root(&self) -> PathBuf {
        self.root.join("var/run/containai-docker")
    }

    /// The engine's PID file.
    pub fn pid_file(&self) -> PathBuf {
        self.root.join("var/run/containai-docker.pid")
    }

    /// The PID file of the supervisor, on hosts without systemd.
    pub fn supervisor_pid_file(&self) -> PathBuf {
        self.root.join("var/run/containai-engine.pid")
    }

    /// The engine's log, on hosts without systemd.
    pub fn log(&self) -> PathBuf {
        self.root.join("var/log/containai-docker.log")
    }

    /// The directory of the runtime shim and the supervisor.
    pub fn libexec_dir(&self) -> PathBuf {
        self.root.join("usr/local/libexec/containai")
    }

    /// The OCI runtime shim.
    pub fn runtime(&self) -> PathBuf {
        self.libexec_dir().join("containai-runc")
    }

    /// The supervisor: prepares the network and runs the engine.
    pub fn supervisor(&self) -> PathBuf {
        self.libexec_dir().join("containai-engine")
    }

    /// The engine's systemd unit.
    pub fn unit(&self) -> PathBuf {
        self.root.join("etc/systemd/system/containai-docker.service")
    }
}
