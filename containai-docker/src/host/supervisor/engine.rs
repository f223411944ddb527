//! The engine's process.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use containai_core::layout::EngineLayout;

use super::super::command::{CommandError, SYSTEM_PATH, find_program};
use super::super::error::SetupError;
use super::super::names::EngineNames;
use super::pid_file::running_with;

/// What the engine may know of the environment of whoever started it. A shell
/// may hold secrets that are none of its business.
const PASSED_ON: [&str; 9] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    // systemd's sd_notify(3).
    "NOTIFY_SOCKET",
];

/// The engine, looked up in the system's directories at each start, as an
/// upgrade may move it.
pub(super) fn command(layout: &EngineLayout) -> Result<Command, SetupError> {
    forget_dead(layout);
    let missing = || CommandError::Spawn {
        program: "dockerd".into(),
        source: std::io::ErrorKind::NotFound.into(),
    };
    let program = find_program("dockerd").ok_or_else(missing)?;
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(layout.daemon_json())
        // Docker 20.10 refuses one spelling of this key in its file and
        // ignores the other.
        .arg("--containerd-plugins-namespace")
        .arg(EngineNames::of(layout).plugin_namespace())
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .stdin(Stdio::null())
        .current_dir("/");
    Ok(command)
}

/// An engine refuses to start while the process in its pid file exists, even
/// when that is a zombie or another program that got the number later; and it
/// waits in vain for the containerd of such a file.
fn forget_dead(layout: &EngineLayout) {
    let config = layout.exec_root().join("containerd/containerd.toml");
    let containerd = layout.exec_root().join("containerd/containerd.pid");
    for (pid_file, config) in [(layout.pid_file(), layout.daemon_json()), (containerd, config)] {
        if running_with(&pid_file, &config).is_none() {
            // Mostly there is nothing to remove.
            let _ = std::fs::remove_file(pid_file);
        }
    }
}

/// Replaces this process by the engine.
pub(super) fn become_engine(layout: &EngineLayout) -> Result<(), SetupError> {
    let source = command(layout)?.exec();
    Err(CommandError::Spawn { program: "dockerd".into(), source }.into())
}
