//! lxcfs, which shows containers their own share of memory and processors in
//! `/proc`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::command::find_program;

/// Where Debian's packages mount it.
const MOUNT: &str = "/var/lib/lxcfs";

/// Starts lxcfs where it is installed, can work and does not run, as systemd
/// would have done. Running containers hold mounts of it that a restart does
/// not repair, so it belongs to the machine and is never ended by us. Without
/// it containers see the host's figures; that is no reason to have none.
pub(super) fn start() {
    let mount = Path::new(MOUNT);
    let Some(program) = find_program("lxcfs") else { return };
    if mount.join("proc").exists() || !Path::new("/dev/fuse").exists() {
        return;
    }
    let started = fs::create_dir_all(mount).and_then(|()| {
        Command::new(program)
            .arg(mount)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
    });
    if let Err(error) = started {
        eprintln!("containai-engine: cannot start lxcfs: {error}");
    }
}
