//! The arguments and files that the shim passes to Sysbox.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::{BASE, StandIn};

fn bind(source: &Path, destination: &str, access: &str) -> Value {
    let options = ["rbind", "rprivate", access];
    json!({ "destination": destination, "type": "bind", "source": source, "options": options })
}

fn directory(stand_in: &StandIn, name: &str, uid: u32, gid: u32) -> std::path::PathBuf {
    let path = stand_in.path(name);
    fs::create_dir_all(&path).expect("a directory can be made");
    chown(&path, Some(uid), Some(gid)).expect("root may do that");
    path
}

#[track_caller]
fn refused(output: &Output, reason: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(reason), "{said}");
}

#[test]
fn user_binds_become_clones_with_an_owner_in_the_range() {
    let stand_in = StandIn::recording("sysbox-binds");
    let workspace = directory(&stand_in, "workspace", 1234, 1234);
    let shared = directory(&stand_in, "shared", BASE + 1000, BASE + 1000);
    let mounts = [
        bind(&workspace, "/ws", "rw"),
        bind(&shared, "/shared", "ro"),
        // Mounts that our other runtime creates itself are not special here.
        bind(&workspace, "/dev/fuse", "rw"),
    ];
    stand_in.create(&stand_in.bundle(&mounts, "true"));
    let sources: Vec<_> = stand_in.received_spec()["mounts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mount| {
            let source = mount["source"].as_str().unwrap_or_default();
            let source = source.rsplit_once("/var/lib").map_or(source, |(_, own)| own).to_owned();
            (mount["destination"].as_str().unwrap_or_default().to_owned(), source)
        })
        .collect();
    let expected = [
        ("/proc", "proc"),
        ("/etc/hostname", "/containai-docker/containers/abc/hostname"),
        ("/ws", "/run/containai/stage/0"),
        ("/shared", "/run/containai/stage/1"),
        ("/dev/fuse", "/run/containai/stage/2"),
        ("/usr/local/bin/cai", "/run/containai/stage/3"),
    ];
    let expected = expected.map(|(to, from)| (to.to_owned(), from.to_owned()));
    assert_eq!(sources, expected);
    let (agent, root) = (format!("{0}:{0}", BASE + 1000), format!("{BASE}:{BASE}"));
    assert_eq!(stand_in.owners(), [agent.clone(), agent.clone(), agent, root]);
    let arguments = fs::read_to_string(stand_in.path("arguments")).expect("they were noted");
    assert!(arguments.contains("create --bundle") && arguments.ends_with("abc\n"), "{arguments}");
}

#[test]
fn unmappable_mounts_are_refused_before_sysbox_is_called() {
    let stand_in = StandIn::recording("sysbox-refused");
    let refuses = |mount: Value, reason: &str| {
        refused(&stand_in.create(&stand_in.bundle(&[mount], "true")), reason);
        assert!(!stand_in.was_called(), "{reason}");
        let log = fs::read_to_string(stand_in.path("log.json")).expect("the engine's log");
        assert!(log.contains(reason), "{log}");
    };
    let root = directory(&stand_in, "roots", 0, 0);
    refuses(bind(&root, "/ws", "rw"), "its owner is the host's root");
    refuses(bind(&root, "/ws", "ro"), "its owner is the host's root");
    let group = directory(&stand_in, "group", 1234, 0);
    refuses(bind(&group, "/ws", "rw"), "its group is the host's root group");
    let link = stand_in.path("link");
    symlink(directory(&stand_in, "workspace", 1234, 1234), &link).expect("a link");
    refuses(bind(&link, "/ws", "rw"), "cannot open the bind source");
    refuses(bind(Path::new("/proc/self"), "/ws", "rw"), "cannot");
    fs::write(stand_in.path("etc/subgid"), "me:1:65536\n").expect("a file can be written");
    refuses(bind(&group, "/ws", "rw"), "no range of 65536 ids for `sysbox`");
}

#[test]
fn containers_are_created_only_after_preparation() {
    let stand_in = StandIn::recording("sysbox-run");
    let shim = stand_in.path("usr/local/libexec/containai/containai-sysbox-runc");
    for verb in ["run", "restore"] {
        let output = std::process::Command::new(&shim).args([verb, "abc"]).output();
        refused(&output.expect("the shim can be started"), "refusing `run` and `restore`");
    }
    fs::remove_file(stand_in.path("usr/bin/sysbox-runc")).expect("it existed");
    let output = std::process::Command::new(&shim).args(["state", "abc"]).output();
    refused(&output.expect("the shim can be started"), "Sysbox is not installed");
}

#[test]
fn owners_of_image_files_are_restored() {
    let stand_in = StandIn::recording("sysbox-raised");
    let bundle = stand_in.bundle(&[], "true");
    let tool = bundle.join("rootfs/usr/tool");
    fs::write(&tool, "").expect("a file can be written");
    for raised in [&tool, &bundle.join("rootfs/usr"), &bundle.join("rootfs")] {
        lchown(raised, Some(BASE), Some(BASE + 5)).expect("root may do that");
    }
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o4755)).expect("a mode");
    stand_in.create(&bundle);
    assert!(stand_in.was_called());
    let tool = fs::metadata(tool).expect("it exists");
    assert_eq!((tool.uid(), tool.gid(), tool.mode() & 0o7777), (0, 5, 0o4755));
    let top = fs::metadata(bundle.join("rootfs")).expect("it exists");
    assert_eq!((top.uid(), top.gid()), (0, 5));
}
