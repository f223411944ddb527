//! The engine's process.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use containai_core::layout::EngineLayout;

use super::super::command::{CommandError, SYSTEM_PATH, find_program};
use super::super::error::SetupError;
use super::super::names::EngineNames;

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

/// Replaces this process by the engine.
pub(super) fn become_engine(layout: &EngineLayout) -> Result<(), SetupError> {
    let source = command(layout)?.exec();
    Err(CommandError::Spawn { program: "dockerd".into(), source }.into())
}
