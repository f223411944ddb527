//! A program named `sysbox-runc` that records its calls and executes plain runc, and its companions
//! on a host.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use containai_tests::TestRoot;
use serde_json::{Value, json};

/// The first id of its containers on the host.
pub(crate) const BASE: u32 = 300_000;

/// The program. The presence of a file changes its behaviour:
///
/// - `dead`: it fails as Sysbox does without its services.
/// - `hangs`: a pause never ends.
/// - `mute`: it runs no program in a container.
/// - `notes`: it records the call and creates no container.
/// - `namespace`: it runs the bundle at once in a user namespace with the ids that Sysbox would
///   assign, and raises the owners of its root file system as Sysbox does.
const PROGRAM: &str = r#"#!/bin/sh
here=HERE
echo "$@" >> $here/arguments
case " $* " in
*" pause "*) [ ! -e $here/hangs ] || exec sleep 1000 ;;
*" exec "*)
    if [ -e $here/mute ]; then
        echo 'transport endpoint is not connected' >&2
        exit 1
    fi
    ;;
esac
case " $* " in
*" create "*) ;;
*) exec runc "$@" ;;
esac
if [ -e $here/dead ]; then
    echo 'failed to register with sysbox-mgr: connection refused' >&2
    exit 1
fi
bundle=.
for word in "$@"; do
    [ "$previous" != --bundle ] || bundle=$word
    previous=$word
done
cp "$bundle/config.json" $here/seen.json
for place in /run/containai/stage/*; do stat -c %u:%g "$place"; done > $here/owners
[ ! -e $here/notes ] || exit 0
[ -e $here/namespace ] || exec runc "$@"
map='[{"containerID":0,"hostID":BASE,"size":65536}]'
maps="\"uidMappings\":$map,\"gidMappings\":$map"
sed -i "s/\"namespaces\":\[/$maps,\"namespaces\":[{\"type\":\"user\"},/" "$bundle/config.json"
chown -R BASE:BASE "$bundle/rootfs"
exec runc --root $here/state run --bundle "$bundle" "$previous"
"#;

/// The installation below the root of an engine, which uses it as the host's Sysbox.
pub(crate) struct StandIn {
    root: PathBuf,
    /// Its services, as far as their presence is checked.
    services: Vec<UnixListener>,
    installation: Installation,
}

/// Which value removes the root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Installation {
    /// The engine does.
    ByEngine,
    /// The stand-in does.
    Not,
}

impl StandIn {
    /// Installs it and starts its services.
    pub(crate) fn below(root: &Path) -> Self {
        for directory in ["usr/bin", "etc", "run/sysbox"] {
            fs::create_dir_all(root.join(directory)).expect("a directory can be made");
        }
        let here = root.to_str().expect("a plain path");
        let program = PROGRAM.replace("HERE", here).replace("BASE", &BASE.to_string());
        let path = root.join("usr/bin/sysbox-runc");
        fs::write(&path, program).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
        for file in ["etc/subuid", "etc/subgid"] {
            let text = format!("me:100000:65536\nsysbox:{BASE}:65536\n");
            fs::write(root.join(file), text).expect("a file can be written");
        }
        let sockets = ["sysmgr.sock", "sysfs.sock"].map(|name| root.join("run/sysbox").join(name));
        let services = sockets.map(|path| UnixListener::bind(path).expect("a socket can be made"));
        Self {
            root: root.to_owned(),
            services: services.into(),
            installation: Installation::ByEngine,
        }
    }

    /// Installs it with our shim in front, as set-up does.
    pub(crate) fn with_shim(name: &str) -> Self {
        let mut stand_in = Self::below(&TestRoot::create(name));
        stand_in.installation = Installation::Not;
        let libexec = stand_in.root.join("usr/local/libexec/containai");
        fs::create_dir_all(&libexec).expect("a directory can be made");
        fs::copy(TestRoot::cai(), libexec.join("containai-runc")).expect("cai can be copied");
        symlink("containai-runc", libexec.join("containai-sysbox-runc")).expect("a link");
        stand_in
    }

    /// Returns a path of the installation.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Installs it so that it only records calls and creates no container.
    pub(crate) fn recording(name: &str) -> Self {
        let stand_in = Self::with_shim(name);
        stand_in.turn_on("notes");
        stand_in
    }

    /// Turns on the behaviour of this file.
    pub(crate) fn turn_on(&self, file: &str) {
        fs::write(self.root.join(file), "").expect("a file can be written");
    }

    /// Ends its services; their sockets stay, as Sysbox's do.
    pub(crate) fn end_services(&mut self) {
        self.services.clear();
    }

    /// Creates the bundle of a container as an engine does, with these additional mounts; the
    /// container runs a script of busybox.
    pub(crate) fn bundle(&self, mounts: &[Value], script: &str) -> PathBuf {
        let bundle = self.path("bundle");
        for directory in ["bin", "proc", "ws", "usr", "etc", "tmp"] {
            let path = bundle.join("rootfs").join(directory);
            fs::create_dir_all(path).expect("a directory can be made");
        }
        fs::copy("/usr/bin/busybox", bundle.join("rootfs/bin/sh"))
            .expect("busybox-static is installed");
        for applet in ["cat", "chmod", "chown", "cp", "id", "mount", "true", "umount"] {
            // An earlier bundle has created it already.
            let _ = symlink("sh", bundle.join("rootfs/bin").join(applet));
        }
        let hostname = self.path("var/lib/containai-docker/containers/abc/hostname");
        fs::create_dir_all(hostname.parent().expect("a folder")).expect("it can be made");
        fs::write(&hostname, "box\n").expect("a file can be written");
        let own = [
            json!({ "destination": "/proc", "type": "proc", "source": "proc" }),
            json!({
                "destination": "/etc/hostname", "type": "bind", "source": hostname,
                "options": ["rbind", "rprivate"],
            }),
        ];
        let all = [
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_SETFCAP",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SYS_ADMIN",
        ];
        let spec = json!({
            "ociVersion": "1.0.2",
            "process": {
                "args": ["/bin/sh", "-c", script],
                "cwd": "/",
                "env": ["PATH=/bin"],
                "user": { "uid": 0, "gid": 0 },
                "capabilities": { "bounding": all, "effective": all, "permitted": all },
            },
            "root": { "path": "rootfs" },
            "mounts": own.iter().chain(mounts).collect::<Vec<_>>(),
            "linux": { "namespaces": [{ "type": "mount" }, { "type": "pid" }, { "type": "ipc" }] },
        });
        fs::write(bundle.join("config.json"), spec.to_string()).expect("a file can be written");
        bundle
    }

    /// Calls the shim as containerd does.
    pub(crate) fn create(&self, bundle: &Path) -> Output {
        Command::new(self.path("usr/local/libexec/containai/containai-sysbox-runc"))
            .args(["--log", self.path("log.json").to_str().expect("a plain path")])
            .args(["create", "--bundle", bundle.to_str().expect("a plain path"), "abc"])
            .current_dir(&self.root)
            .output()
            .expect("the shim can be started")
    }

    /// Returns the spec that it received.
    pub(crate) fn received_spec(&self) -> Value {
        let text = fs::read(self.path("seen.json")).expect("it was asked for a container");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// Returns owners and groups of the staged files, in order.
    pub(crate) fn owners(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("owners")).expect("it was asked for a container");
        text.lines().map(str::to_owned).collect()
    }

    /// Returns whether it was called for a container.
    pub(crate) fn was_called(&self) -> bool {
        self.path("seen.json").exists()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if self.installation == Installation::Not {
            // The root of the tests is removed as a whole.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
