//! All edits together, on a spec written by Docker 20.10.

use serde_json::{Value, json};

use super::capability::BoundingSet;
use super::device::DEVICES;
use super::*;

/// Returns the `config.json` of `docker create` with a memory and a CPU limit, two volumes and a
/// bind mount of `/home/dev/api`, from an engine with `userns-remap` in `/srv/engine`.
pub(super) fn docker_spec() -> Spec {
    let text = include_str!("../fixtures/docker-20.10.json");
    Spec::new(serde_json::from_str(text).expect("a spec"))
}

const ID: &str = "47ce33a4cdc984d2d985a3a42c3a232b0bd91db7f49360c98d853791ecf80b45";

fn host() -> HostInfo {
    HostInfo {
        bounding: BoundingSet(0b111),
        max_tasks: Some(40_000),
        max_files: 1 << 20,
        limits: vec![ResourceLimit { kind: "RLIMIT_NOFILE", soft: 256, hard: 4096 }],
        executable: "/usr/local/libexec/containai/containai-runc".into(),
        lxcfs: vec!["meminfo"],
        devices: DEVICES.iter().collect(),
    }
}

fn edited() -> Spec {
    let mut spec = docker_spec();
    edit(&mut spec, &host());
    for (number, device) in DEVICES.iter().enumerate() {
        add_device(&mut spec, device, format!("/stage/{number}").as_ref());
    }
    for bind in user_binds(&spec, ID) {
        set_source(&mut spec, &bind, "/stage/9".as_ref());
    }
    spec
}

fn mounts(spec: &Spec) -> String {
    let line = |mount: &Value| {
        let options: Vec<_> =
            mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let text = |field: &str| mount[field].as_str().unwrap_or("-").replace(ID, "ID");
        format!("{} {} {} {}", text("destination"), text("type"), text("source"), options.join(","))
    };
    spec.list("/mounts").iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn mounts_of_a_system_container() {
    insta::assert_snapshot!(mounts(&edited()), @r#"
    /proc proc proc nosuid,noexec,nodev
    /dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k
    /dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5
    /sys sysfs sysfs nosuid,noexec,nodev,rw
    /sys/fs/cgroup cgroup cgroup nosuid,noexec,nodev,rw
    /dev/mqueue mqueue mqueue nosuid,noexec,nodev
    /dev/shm tmpfs shm nosuid,nodev,mode=1777,size=1073741824
    /mnt/agent-data bind /srv/engine/1000000.1000000/volumes/h1data/_data rbind
    /etc/resolv.conf bind /srv/engine/1000000.1000000/containers/ID/resolv.conf rbind,rprivate
    /etc/hostname bind /srv/engine/1000000.1000000/containers/ID/hostname rbind,rprivate
    /etc/hosts bind /srv/engine/1000000.1000000/containers/ID/hosts rbind,rprivate
    /home/agent/workspace bind /stage/9 rbind,rprivate
    /var/lib/docker bind /srv/engine/1000000.1000000/volumes/h1docker/_data rbind
    /run tmpfs tmpfs nosuid,nodev,mode=755,size=20%
    /run/lock tmpfs tmpfs nosuid,nodev,noexec,mode=1777,size=5120k
    /dev/.containai/proc proc proc nosuid,noexec,nodev
    /proc/meminfo bind /var/lib/lxcfs/proc/meminfo bind,nosuid,nodev,noexec
    /usr/local/bin/cai bind /usr/local/libexec/containai/containai-runc bind,ro,nosuid,nodev
    /dev/fuse bind /stage/0 bind,nosuid,noexec
    /dev/net/tun bind /stage/1 bind,nosuid,noexec
    "#);
}

#[test]
fn only_workspace_is_user_bind() {
    let binds = user_binds(&docker_spec(), ID);
    let sources: Vec<_> = binds.iter().map(|bind| (bind.source.to_str(), bind.recursive)).collect();
    assert_eq!(sources, [(Some("/home/dev/api"), true)]);
    // If the engine's directory is unknown, every bind mount is treated as the user's.
    assert_eq!(user_binds(&docker_spec(), "another").len(), 6);
    let engine = engine_binds(&docker_spec(), ID);
    assert_eq!(engine.len(), 5);
    assert!(engine.iter().all(|bind| bind.source.starts_with("/srv/engine/1000000.1000000")));
    assert_eq!(engine_binds(&docker_spec(), "another"), []);
}

#[test]
fn edits_except_mounts_and_seccomp() {
    let mut spec = edited();
    spec.object(&[]).remove("mounts");
    spec.object(&["linux"]).remove("seccomp");
    spec.object(&["linux"]).remove("resources");
    let value: Value = serde_json::from_slice(&spec.to_bytes()).expect("JSON");
    insta::assert_json_snapshot!(value, @r#"
    {
      "hooks": {
        "createRuntime": [
          {
            "args": [
              "containai-runc",
              "containai-hook",
              "cgroup"
            ],
            "path": "/usr/local/libexec/containai/containai-runc"
          }
        ],
        "prestart": [
          {
            "args": [
              "libnetwork-setkey",
              "-exec-root=/run/engine",
              "47ce33a4cdc984d2d985a3a42c3a232b0bd91db7f49360c98d853791ecf80b45",
              "d26d4f482b54"
            ],
            "path": "/proc/9945/exe"
          }
        ]
      },
      "hostname": "api-main",
      "linux": {
        "cgroupsPath": "/docker/47ce33a4cdc984d2d985a3a42c3a232b0bd91db7f49360c98d853791ecf80b45",
        "gidMappings": [
          {
            "containerID": 0,
            "hostID": 1000000,
            "size": 65536
          }
        ],
        "namespaces": [
          {
            "type": "mount"
          },
          {
            "type": "network"
          },
          {
            "type": "uts"
          },
          {
            "type": "pid"
          },
          {
            "type": "ipc"
          },
          {
            "type": "user"
          },
          {
            "type": "cgroup"
          }
        ],
        "sysctl": {
          "net.ipv4.ip_unprivileged_port_start": "0"
        },
        "uidMappings": [
          {
            "containerID": 0,
            "hostID": 1000000,
            "size": 65536
          }
        ]
      },
      "ociVersion": "1.0.2-dev",
      "process": {
        "args": [
          "true"
        ],
        "capabilities": {
          "bounding": [
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH"
          ],
          "effective": [
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH"
          ],
          "permitted": [
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH"
          ]
        },
        "cwd": "/",
        "env": [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOSTNAME=api-main",
          "TERM=xterm",
          "CAI_HOST_WORKSPACE=/home/dev/api",
          "container=docker"
        ],
        "oomScoreAdj": 0,
        "rlimits": [
          {
            "hard": 4096,
            "soft": 1024,
            "type": "RLIMIT_NOFILE"
          }
        ],
        "terminal": true,
        "user": {
          "additionalGids": [
            0
          ],
          "gid": 0,
          "uid": 0
        }
      },
      "root": {
        "path": "/srv/engine/1000000.1000000/overlay2/5c47838b28d7b28efcdf88b878d6677096b53dba0ab7513a3ae38b255e485078/merged"
      }
    }
    "#);
}

#[test]
fn device_rules_follow_engine_denials() {
    let spec = edited();
    let rules = spec.list("/linux/resources/devices");
    let fuse: Vec<_> = rules
        .iter()
        .filter(|rule| rule["minor"] == 229)
        .map(|rule| rule["allow"].clone())
        .collect();
    assert_eq!(fuse, [json!(false), json!(true)]);
}

#[test]
fn keeps_hooks_annotations_and_unknown_fields() {
    let mut spec = docker_spec();
    spec.object(&[]).insert("annotations".to_owned(), json!({ "a": "b" }));
    spec.object(&["linux"]).insert("vendor".to_owned(), json!([1, null]));
    let mine = json!({ "path": "/bin/mine" });
    spec.list_mut(&["hooks"], "createRuntime").push(mine.clone());
    edit(&mut spec, &host());
    assert_eq!(spec.get("/annotations"), Some(&json!({ "a": "b" })));
    assert_eq!(spec.get("/linux/vendor"), Some(&json!([1, null])));
    assert_eq!(spec.list("/hooks/prestart").len(), 1);
    assert_eq!(spec.list("/hooks/createRuntime").len(), 2);
    assert_eq!(spec.list("/hooks/createRuntime").first(), Some(&mine));
}

#[test]
fn keeps_existing_container_variable() {
    let mut spec = docker_spec();
    spec.list_mut(&["process"], "env").push("container=podman".into());
    edit(&mut spec, &host());
    let entries = spec
        .list("/process/env")
        .iter()
        .filter_map(Value::as_str)
        .filter(|entry| entry.starts_with("container="));
    assert_eq!(entries.collect::<Vec<_>>(), ["container=podman"]);
}
