//! The engine's `daemon.json`.
//!
//! The keys are those of dockerd(8), "Daemon configuration file".

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use containai_core::engine::Isolation;
use containai_core::layout::EngineLayout;
use serde_json::{Map, Value, json};

use super::engine_names::{EngineNames, SYSTEM_USER};

/// The size of the cache of image builds that the engine keeps, in the format of dockerd(8).
const BUILD_CACHE_LIMIT: &str = "20GB";

/// Returns the contents of `daemon.json`. `dns` lists name servers for containers; if it is empty,
/// the engine chooses them.
pub(super) fn render(layout: &EngineLayout, isolation: Isolation, dns: &[Ipv4Addr]) -> String {
    let names = EngineNames::of(layout);
    let mut config = path_keys(layout);
    config.extend(network_keys(&names, dns));
    config.extend(isolation_keys(layout, isolation));
    config.extend(object(json!({
        // By default, engines that share a containerd also share its namespace.
        "containerd-namespace": names.containerd_namespace(),
        // userns-remap requires the classic image store.
        "features": { "containerd-snapshotter": false },
        // Containers survive a crash, an upgrade or a restart of the engine.
        "live-restore": true,
        "log-driver": "json-file",
        "log-opts": { "max-size": "10m", "max-file": "3" },
        // Unused parts of the cache of image builds are removed above this size. `cai image prune`
        // removes all of it.
        "builder": { "gc": { "enabled": true, "defaultKeepStorage": BUILD_CACHE_LIMIT } },
        // Members of this group have the equivalent of root on the host, as members of Docker's own
        // group do.
        "group": SYSTEM_USER,
    })));
    let mut text = serde_json::to_string_pretty(&Value::Object(config)).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the configuration with `live-restore` off, for a reload.
///
/// `userland-proxy` is off too. Docker 26 refuses to reload a file that enables it without a path of
/// the proxy, which Docker 20.10 does not know. A reload does not change it.
///
/// # Errors
///
/// The text is not a JSON object.
pub(super) fn without_live_restore(config: &str) -> io::Result<String> {
    let mut config: Map<String, Value> = serde_json::from_str(config)?;
    for key in ["live-restore", "userland-proxy"] {
        config.insert(key.into(), Value::Bool(false));
    }
    Ok(serde_json::to_string_pretty(&config)?)
}

fn path_keys(layout: &EngineLayout) -> Map<String, Value> {
    object(json!({
        "hosts": [format!("unix://{}", path_text(&layout.socket()))],
        "data-root": path_text(&layout.data_root()),
        "exec-root": path_text(&layout.exec_root()),
        "pidfile": path_text(&layout.pid_file()),
    }))
}

/// With its iptables support enabled, a second dockerd flushes the chains it shares with the first,
/// whose published ports then stop working.
fn network_keys(names: &EngineNames, dns: &[Ipv4Addr]) -> Map<String, Value> {
    let mut config = object(json!({
        "bridge": names.bridge(),
        "iptables": false,
        "ip6tables": false,
        "ip-masq": false,
        "userland-proxy": true,
    }));
    if !dns.is_empty() {
        config.insert("dns".into(), dns.iter().map(Ipv4Addr::to_string).collect());
    }
    config
}

fn isolation_keys(layout: &EngineLayout, isolation: Isolation) -> Map<String, Value> {
    let runtime = isolation.runtime();
    match isolation {
        Isolation::Userns => object(json!({
            "userns-remap": SYSTEM_USER,
            "runtimes": { runtime: { "path": path_text(&layout.runtime()) } },
        })),
        Isolation::Sysbox => object(json!({
            "default-runtime": runtime,
            "runtimes": { runtime: { "path": path_text(&layout.sysbox_runtime()) } },
        })),
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_userns() {
        insta::assert_snapshot!(render(&EngineLayout::default(), Isolation::Userns, &[]), @r##"
        {
          "bridge": "cai0",
          "builder": {
            "gc": {
              "defaultKeepStorage": "20GB",
              "enabled": true
            }
          },
          "containerd-namespace": "containai",
          "data-root": "/var/lib/containai-docker",
          "exec-root": "/var/run/containai-docker",
          "features": {
            "containerd-snapshotter": false
          },
          "group": "containai",
          "hosts": [
            "unix:///var/run/containai-docker.sock"
          ],
          "ip-masq": false,
          "ip6tables": false,
          "iptables": false,
          "live-restore": true,
          "log-driver": "json-file",
          "log-opts": {
            "max-file": "3",
            "max-size": "10m"
          },
          "pidfile": "/var/run/containai-docker.pid",
          "runtimes": {
            "containai-runc": {
              "path": "/usr/local/libexec/containai/containai-runc"
            }
          },
          "userland-proxy": true,
          "userns-remap": "containai"
        }
        "##);
    }

    #[test]
    fn renders_sysbox() {
        let dns = [Ipv4Addr::new(10, 0, 0, 2)];
        let config = render(&EngineLayout::at("/srv/two"), Isolation::Sysbox, &dns);
        insta::assert_snapshot!(config, @r##"
        {
          "bridge": "caif76b60",
          "builder": {
            "gc": {
              "defaultKeepStorage": "20GB",
              "enabled": true
            }
          },
          "containerd-namespace": "containai-f76b60",
          "data-root": "/srv/two/var/lib/containai-docker",
          "default-runtime": "containai-sysbox-runc",
          "dns": [
            "10.0.0.2"
          ],
          "exec-root": "/srv/two/var/run/containai-docker",
          "features": {
            "containerd-snapshotter": false
          },
          "group": "containai",
          "hosts": [
            "unix:///srv/two/var/run/containai-docker.sock"
          ],
          "ip-masq": false,
          "ip6tables": false,
          "iptables": false,
          "live-restore": true,
          "log-driver": "json-file",
          "log-opts": {
            "max-file": "3",
            "max-size": "10m"
          },
          "pidfile": "/srv/two/var/run/containai-docker.pid",
          "runtimes": {
            "containai-sysbox-runc": {
              "path": "/srv/two/usr/local/libexec/containai/containai-sysbox-runc"
            }
          },
          "userland-proxy": true
        }
        "##);
    }

    #[test]
    fn live_restore_can_be_turned_off() {
        let config = render(&EngineLayout::default(), Isolation::Userns, &[]);
        let changed = without_live_restore(&config).expect("an object");
        let expected =
            ["restore", "proxy"].iter().fold(config.trim_end().to_owned(), |text, key| {
                text.replace(&format!("{key}\": true"), &format!("{key}\": false"))
            });
        assert_eq!(changed, expected);
        assert!(without_live_restore("[]").is_err());
    }
}
