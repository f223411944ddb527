//! Root of a container with the ids that Sysbox assigns, and mounted files of the host.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::sysbox::{BASE, StandIn};

/// Copies `setcap` with its libraries from this machine.
fn install_setcap(rootfs: &Path) {
    let script = r#"cp --dereference --parents /usr/sbin/setcap \
        $(ldd /usr/sbin/setcap | grep -o '/[^ ]*') "$1""#;
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(rootfs).status();
    assert!(status.is_ok_and(|status| status.success()), "libcap2-bin is installed");
}

#[test]
fn root_inside_sysbox_creates_no_files_of_the_hosts_root() {
    let stand_in = StandIn::with_shim("sysbox-hostile");
    stand_in.turn_on("namespace");
    let workspace = stand_in.path("workspace");
    let read_only = stand_in.path("read-only");
    for directory in [&workspace, &read_only] {
        fs::create_dir_all(directory).expect("a directory can be made");
        chown(directory, Some(1234), Some(1234)).expect("root may do that");
    }
    fs::write(workspace.join("secret"), "host\n").expect("a file can be written");
    fs::set_permissions(workspace.join("secret"), fs::Permissions::from_mode(0o600))
        .expect("the mode can be set");
    fs::write(workspace.join("owners"), "mine\n").expect("a file can be written");
    chown(workspace.join("owners"), Some(1234), Some(1234)).expect("root may do that");
    let script = r"
        exec 2>&1
        id -u
        cp /bin/sh /ws/shell && chmod 4755 /ws/shell
        cp /bin/sh /ws/busybox-capable && /usr/sbin/setcap cap_setuid,cap_dac_override+eip /ws/busybox-capable
        cp /bin/sh /ws/agents && chown 1000:1000 /ws/agents
        echo more >> /ws/owners
        cat /ws/secret && echo READ
        echo x >> /ws/secret && echo WROTE
        chown 1000 /ws/secret && echo OWNED
        mount -o remount,rw,bind /ro
        echo x > /ro/made && echo WROTE
        mount -o remount,rw,bind /usr/local/bin/cai
        echo x >> /usr/local/bin/cai && echo WROTE
        echo done
    ";
    let mount = |source: &Path, destination: &str, access: &str| {
        let options = ["rbind", "rprivate", access];
        json!({ "destination": destination, "type": "bind", "source": source, "options": options })
    };
    let mounts = [mount(&workspace, "/ws", "rw"), mount(&read_only, "/ro", "ro")];
    let bundle = stand_in.bundle(&mounts, script);
    install_setcap(&bundle.join("rootfs"));
    let output = stand_in.create(&bundle);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("0\n") && said.ends_with("done\n"), "{said}{output:?}");
    for broken in ["READ", "WROTE", "OWNED"] {
        assert!(!said.contains(broken), "{said}");
    }

    let owner = |name: &str| {
        let status = fs::symlink_metadata(workspace.join(name)).expect(name);
        (status.uid(), status.gid(), status.mode() & 0o7777)
    };
    // Root inside has the first id of the range on disk, and a set-user-id file gives that id.
    assert_eq!(owner("shell"), (BASE, BASE, 0o4755));
    assert_eq!((owner("agents").0, owner("agents").1), (1234, 1234));
    assert_eq!(owner("secret"), (0, 0, 0o600));
    assert_eq!(fs::read_to_string(workspace.join("secret")).expect("it exists"), "host\n");
    assert_eq!(fs::read_to_string(workspace.join("owners")).expect("it exists"), "mine\nmore\n");
    let run = |program: &str, what: &str| {
        let words = ["--reuid=1234", "--regid=1234", "--clear-groups"];
        let mut command = Command::new("setpriv");
        command.args(words).arg(workspace.join(program)).args(["sh", "-c", what]);
        let output = command.output().expect("setpriv can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // Version 3 with the root of the range: without effect outside.
    let mut value = [0; 64];
    let length = rustix::fs::lgetxattr(
        workspace.join("busybox-capable"),
        "security.capability",
        &mut value[..],
    );
    assert_eq!(length, Ok(24), "a version 3 capability");
    assert_eq!(value[20..24], BASE.to_le_bytes());
    let secret = workspace.join("secret");
    let read = format!("echo ran; cat {} 2>&1 >/dev/null || echo denied", secret.display());
    let said = run("busybox-capable", &read);
    assert!(said.starts_with("ran\n") && said.ends_with("denied\n"), "{said}");
    assert!(!read_only.join("made").exists());
}
