//! The engine's systemd units.

use std::path::PathBuf;

use containai_core::layout::EngineLayout;

/// The name of the engine's unit.
pub(super) const UNIT: &str = "containai-docker.service";

/// Returns the contents of the engine's unit, systemd.service(5).
///
/// - The supervisor program finds `dockerd` where the installed package puts it, and replaces
///   itself with it.
/// - The order of the units stops Sysbox containers before Sysbox's services at shutdown; otherwise
///   their files would keep the owners they have while running.
/// - At shutdown, systemd stops the engine before the network, and before it unmounts file systems of
///   workspaces (`remote-fs.target`; local ones by default) and of the store. `shutdown` then makes
///   the engine stop its containers, each within its own time limit.
/// - `KillMode=process` keeps the containers when the engine restarts.
/// - `Delegate` keeps systemd out of their cgroups.
/// - The host's own Docker starts first: it sets the `FORWARD` policy to `DROP` only if it enables
///   forwarding itself.
/// - The package of lxcfs starts it only at the next boot. Without it, containers see the host's
///   memory in `/proc`.
pub(super) fn render(layout: &EngineLayout) -> String {
    let program = layout.supervisor();
    let program = program.display();
    let root = layout.root().display();
    let store = layout.data_root();
    let store = store.display();
    format!(
        "\
[Unit]
Description=ContainAI container engine
After=network-online.target nss-lookup.target remote-fs.target firewalld.service containerd.service docker.service lxcfs.service sysbox.service sysbox-mgr.service sysbox-fs.service
Wants=network-online.target lxcfs.service containai-network.service
RequiresMountsFor={store}
StartLimitIntervalSec=60
StartLimitBurst=3

[Service]
Type=notify
ExecStartPre={program} network {root}
ExecStart={program} engine {root}
ExecStop={program} shutdown {root}
ExecReload=/bin/kill -s HUP $MAINPID
Restart=on-failure
RestartSec=2
TimeoutStartSec=120
TimeoutStopSec=120
KillMode=process
Delegate=yes
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"
    )
}

/// Returns the path of the unit that maintains the network.
pub(super) fn network_path(layout: &EngineLayout) -> PathBuf {
    layout.unit().with_file_name("containai-network.service")
}

/// Returns the contents of the unit that maintains the network while the engine runs.
pub(super) fn render_network(layout: &EngineLayout) -> String {
    let program = layout.supervisor();
    let program = program.display();
    let root = layout.root().display();
    format!(
        "\
[Unit]
Description=Network of the ContainAI container engine
After={UNIT} docker.service firewalld.service nftables.service ufw.service
PartOf={UNIT}

[Service]
ExecStart={program} network-watch {root}
Restart=always
RestartSec=5
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first to enable forwarding sets the policy for packets of other interfaces.
    #[test]
    fn starts_after_host_docker_and_wants_network_unit() {
        let layout = EngineLayout::default();
        let line = |unit: &str, key: &str| {
            unit.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned()
        };
        let engine = render(&layout);
        assert!(line(&engine, "After=").split(' ').any(|unit| unit == "docker.service"));
        for wanted in ["containai-network.service", "lxcfs.service"] {
            assert!(line(&engine, "Wants=").split(' ').any(|unit| unit == wanted), "{wanted}");
        }
        // The reverse order at shutdown: containers stop before these.
        for earlier in ["network-online.target", "remote-fs.target", "lxcfs.service"] {
            assert!(line(&engine, "After=").split(' ').any(|unit| unit == earlier), "{earlier}");
        }
        assert_eq!(line(&engine, "RequiresMountsFor="), "/var/lib/containai-docker");
        assert_eq!(network_path(&layout).file_name(), Some("containai-network.service".as_ref()));
        let network = render_network(&layout);
        assert!(line(&network, "After=").split(' ').any(|unit| unit == "docker.service"));
        assert_eq!(line(&network, "PartOf="), UNIT, "it stops with the engine");
    }

    #[test]
    fn starts_through_the_supervisor() {
        let unit = render(&EngineLayout::default());
        let exec: Vec<_> = unit.lines().filter(|line| line.starts_with("ExecSt")).collect();
        insta::assert_snapshot!(exec.join("\n"), @r"
        ExecStartPre=/usr/local/libexec/containai/containai-engine network /
        ExecStart=/usr/local/libexec/containai/containai-engine engine /
        ExecStop=/usr/local/libexec/containai/containai-engine shutdown /
        ");
    }
}
