//! lxcfs, which shows containers their own memory and processor limits in `/proc`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::command::find_program;

/// The mount point in Debian's packages.
const MOUNT: &str = "/var/lib/lxcfs";

/// Starts lxcfs, as systemd would, if it is installed, usable and not running. lxcfs is never
/// stopped, because running containers hold mounts of it that a restart does not restore. Without
/// lxcfs, containers start too, and see the host's values.
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
