//! The engine's systemd unit.

use containai_core::layout::EngineLayout;

/// The unit's name for `systemctl`.
pub(super) const UNIT: &str = "containai-docker.service";

/// The text of the unit, systemd.service(5).
///
/// The engine is started through our supervisor program, which finds
/// `dockerd` wherever the installed package has put it and becomes it.
/// When the machine goes down, containers of Sysbox are stopped before its
/// services are, which the order of the units sees to: else their files keep
/// the owners that they have while they run.
/// `KillMode=process` leaves the containers alone when the engine restarts;
/// `Delegate` keeps systemd out of their cgroups.
pub(super) fn render(layout: &EngineLayout) -> String {
    let program = layout.supervisor();
    let program = program.display();
    let root = layout.root().display();
    format!(
        "\
[Unit]
Description=ContainAI container engine
After=network-online.target nss-lookup.target firewalld.service containerd.service sysbox.service sysbox-mgr.service sysbox-fs.service
Wants=network-online.target
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

#[cfg(test)]
mod tests {
    use super::*;

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
