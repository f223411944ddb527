//! The engine's process.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use containai_core::layout::EngineLayout;

use super::super::command::{HostCommandError, SYSTEM_PATH, find_program};
use super::super::engine_names::EngineNames;
use super::super::error::SetupError;
use super::pid_file::running_with_config;

/// Environment variables that the engine inherits. The environment of the starting shell may hold
/// secrets and is not passed on.
const INHERITED_VARIABLES: [&str; 9] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    // sd_notify(3) of systemd.
    "NOTIFY_SOCKET",
];

/// Returns the engine's command. The program is looked up at each start, because an upgrade may
/// move it.
pub(super) fn engine_command(layout: &EngineLayout) -> Result<Command, SetupError> {
    remove_stale_pid_files(layout);
    let missing = || HostCommandError::Spawn {
        program: "dockerd".into(),
        source: std::io::ErrorKind::NotFound.into(),
    };
    let program = find_program("dockerd").ok_or_else(missing)?;
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(layout.daemon_json())
        // Docker 20.10 rejects one spelling of this key in its configuration file and ignores the
        // other.
        .arg("--containerd-plugins-namespace")
        .arg(EngineNames::of(layout).plugin_namespace())
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .envs(INHERITED_VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .stdin(Stdio::null())
        .current_dir("/");
    Ok(command)
}

/// Removes stale pid files. An engine refuses to start while a process with the id in its pid file
/// exists, even if that is a zombie or an unrelated program with a reused id, and it waits in vain
/// for the containerd of a stale pid file.
fn remove_stale_pid_files(layout: &EngineLayout) {
    let config = layout.exec_root().join("containerd/containerd.toml");
    let containerd = layout.exec_root().join("containerd/containerd.pid");
    for (pid_file, config) in [(layout.pid_file(), layout.daemon_json()), (containerd, config)] {
        if running_with_config(&pid_file, &config).is_none() {
            // Usually there is no file.
            let _ = std::fs::remove_file(pid_file);
        }
    }
}

/// Replaces this process with the engine.
pub(super) fn exec_engine(layout: &EngineLayout) -> Result<(), SetupError> {
    let source = engine_command(layout)?.exec();
    Err(HostCommandError::Spawn { program: "dockerd".into(), source }.into())
}
