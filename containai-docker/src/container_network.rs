//! The files with which a container applies the network settings of the host.

use containai_core::layout;
use containai_core::network::HostNetwork;

/// A file of a container, owned by its root.
pub(crate) struct NetworkFile {
    pub(crate) path: &'static str,
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The programs and units. They are the same in every container, and installing them before each
/// start also serves containers of earlier images.
const PROGRAMS: [(&str, u32, &[u8]); 4] = [
    (
        layout::CONTAINER_NETWORK_PROGRAM,
        0o755,
        include_bytes!("../images/network/rootfs/usr/lib/containai/network"),
    ),
    (
        "/etc/systemd/system/containai-network.service",
        0o644,
        include_bytes!("../images/network/rootfs/etc/systemd/system/containai-network.service"),
    ),
    (
        "/etc/systemd/system/containai-certificates.service",
        0o644,
        include_bytes!(
            "../images/network/rootfs/etc/systemd/system/containai-certificates.service"
        ),
    ),
    (
        "/etc/sudoers.d/containai-network",
        0o440,
        include_bytes!("../images/network/rootfs/etc/sudoers.d/containai-network"),
    ),
];

/// Links that enable the units: their paths and targets.
pub(crate) const NETWORK_LINKS: [(&str, &str); 2] = [
    (
        "/etc/systemd/system/ssh.service.wants/containai-network.service",
        "/etc/systemd/system/containai-network.service",
    ),
    (
        "/etc/systemd/system/multi-user.target.wants/containai-certificates.service",
        "/etc/systemd/system/containai-certificates.service",
    ),
];

/// Returns the programs and the settings. Settings without content are included, because an archive
/// cannot remove those of an earlier start. Only root can read the proxies, which may contain
/// passwords.
pub(crate) fn network_files(network: &HostNetwork) -> Vec<NetworkFile> {
    let programs =
        PROGRAMS.map(|(path, mode, bytes)| NetworkFile { path, mode, bytes: bytes.to_vec() });
    let settings = [
        (layout::CONTAINER_CERTIFICATES, 0o644, network.certificates.to_pem()),
        (layout::CONTAINER_PROXIES, 0o600, network.proxies.lines()),
    ];
    let settings =
        settings.map(|(path, mode, text)| NetworkFile { path, mode, bytes: text.into_bytes() });
    programs.into_iter().chain(settings).collect()
}
