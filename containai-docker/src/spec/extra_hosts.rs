//! Additional names of hosts in a container.

use containai_core::engine::ContainerSpec;

/// The name that programs use for the engine's machine. dockerd(8) replaces `host-gateway` by the
/// address of its bridge on that machine, where services on the loopback address do not listen.
const HOST: &str = "host.docker.internal";

/// Returns the entries of `/etc/hosts`, as in `--add-host` of docker(1).
pub(super) fn extra_hosts(spec: &ContainerSpec) -> Vec<String> {
    let mut entries: Vec<_> = spec.hosts.iter().map(ToString::to_string).collect();
    if !entries.iter().any(|entry| entry.split(':').next() == Some(HOST)) {
        entries.push(format!("{HOST}:host-gateway"));
    }
    entries
}
