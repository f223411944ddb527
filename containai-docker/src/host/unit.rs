//! The engine's systemd units.

use std::path::PathBuf;

use containai_core::layout::EngineLayout;

/// The unit's name for `systemctl`.
pub(super) const UNIT: &str = "containai-docker.service";

/// The text of the engine's unit, systemd.service(5).
///
/// The engine is started through our supervisor program, which finds
/// `dockerd` wherever the installed package has put it and becomes it.
/// When the machine goes down, containers of Sysbox are stopped before its
/// services are, which the order of the units sees to: else their files keep
/// the owners that they have while they run.
/// `KillMode=process` leaves the containers alone when the engine restarts;
/// `Delegate` keeps systemd out of their cgroups. The host's own Docker comes
/// first: it refuses to forward for others only where it is the one that allows
/// forwarding.
pub(super) fn render(layout: &EngineLayout) -> String {
    let program = layout.supervisor();
    let program = program.display();
    let root = layout.root().display();
    format!(
        "\
[Unit]
Description=ContainAI container engine
After=network-online.target nss-lookup.target firewalld.service containerd.service docker.service sysbox.service sysbox-mgr.service sysbox-fs.service
Wants=network-online.target containai-network.service
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

/// Where the unit is that keeps the network in place.
pub(super) fn network_path(layout: &EngineLayout) -> PathBuf {
    layout.unit().with_file_name("containai-network.service")
}

/// The text of the unit that keeps the network in place while the engine runs.
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

    /// Whoever allows forwarding first decides about the packets of others.
    #[test]
    fn starts_after_the_docker_of_the_host_and_brings_its_network_along() {
        let layout = EngineLayout::default();
        let line = |unit: &str, key: &str| {
            unit.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned()
        };
        let engine = render(&layout);
        assert!(line(&engine, "After=").split(' ').any(|unit| unit == "docker.service"));
        assert!(line(&engine, "Wants=").split(' ').any(|unit| unit == "containai-network.service"));
        assert_eq!(network_path(&layout).file_name(), Some("containai-network.service".as_ref()));
        let network = render_network(&layout);
        assert!(line(&network, "After=").split(' ').any(|unit| unit == "docker.service"));
        assert_eq!(line(&network, "PartOf="), UNIT, "it ends with the engine");
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
