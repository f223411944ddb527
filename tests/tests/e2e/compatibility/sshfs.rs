//! sshfs.

use std::fs::{self, File};
use std::process::Command;

use super::container::{Container, outcome, output};
use super::table::Client;

#[test]
fn sshfs_mounts_the_home_directory() {
    let version = Command::new("sshfs").arg("--version").output().expect("sshfs is installed");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let version = version.lines().find_map(|line| line.strip_prefix("SSHFS version "));
    let client = Client::new("sshfs", version.unwrap_or_default());
    let feature = "mount, read, write, rename";
    let container = Container::start("compat-sshfs");
    let mounted = container.person.beside("mounted");
    fs::create_dir_all(&mounted).expect("a directory can be made");
    // It fails before it opens the device, which a machine may lack.
    client.can("refuses any other host key", || {
        let mut command = Command::new("sshfs");
        command.arg(format!("{}:/tmp", container.alias)).arg(&mounted);
        command.arg("-F").arg(container.config()).arg(container.other_pins());
        let refused = outcome(command, b"");
        assert_ne!(refused.status(), 0, "{refused}");
    });
    if let Err(error) = File::options().read(true).write(true).open("/dev/fuse") {
        client.cannot_be_tried(feature, &format!("`/dev/fuse` on this machine: {error}"));
        return;
    }
    client.can(feature, || {
        let mut command = Command::new("sshfs");
        command.arg(format!("{}:/tmp", container.alias)).arg(&mounted);
        output(command.arg("-F").arg(container.config()));
        let tried = fs::write(mounted.join("a"), "mounted\n")
            .and_then(|()| fs::rename(mounted.join("a"), mounted.join("b")))
            .and_then(|()| fs::read_to_string(mounted.join("b")));
        output(Command::new("fusermount3").arg("-u").arg(&mounted));
        assert_eq!(tried.expect("the mount can be used"), "mounted\n");
        assert_eq!(container.ssh("cat /tmp/b"), "mounted\n");
    });
}
