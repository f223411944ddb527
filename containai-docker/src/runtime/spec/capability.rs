use serde_json::{Value, json};

use super::Spec;

/// capabilities(7), in numerical order.
const CAPABILITY_NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The capabilities that this process, and therefore runc, may grant: bit N is capability N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct BoundingSet(pub(in crate::runtime) u64);

impl BoundingSet {
    /// Parses the line `CapBnd:` of `/proc/<pid>/status` (proc_pid_status(5)); empty if it is
    /// missing.
    pub(in crate::runtime) fn from_status(status: &str) -> Self {
        let bits = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
        Self(bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0))
    }

    /// Returns whether processes may raise hard resource limits (CAP_SYS_RESOURCE).
    pub(super) fn has_sys_resource(self) -> bool {
        self.names().any(|name| name == "CAP_SYS_RESOURCE")
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        CAPABILITY_NAMES
            .iter()
            .enumerate()
            .filter(move |(number, _)| self.0 >> number & 1 == 1)
            .map(|(_, name)| *name)
    }
}

/// Grants container root all capabilities, which apply within the container's user namespace only.
///
/// Limited to the bounding set, because runc fails on a capability that it cannot set. Inheritable
/// and ambient sets stay empty: root does not need them, and other users would inherit them
/// (CVE-2022-24769).
pub(super) fn grant(spec: &mut Spec, bounding: BoundingSet) {
    let all: Vec<Value> = bounding.names().map(Value::from).collect();
    let capabilities = json!({ "bounding": all, "effective": all, "permitted": all });
    spec.object(&["process"]).insert("capabilities".to_owned(), capabilities);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_capabilities_of_bounding_set() {
        let status = "Name:\tx\nCapPrm:\t000001ffffffffff\nCapBnd:\t000001fffeffffff\n";
        let names: Vec<_> = BoundingSet::from_status(status).names().collect();
        assert_eq!(names.len(), 40);
        assert!(!names.contains(&"CAP_SYS_RESOURCE"));
        assert_eq!(
            BoundingSet::from_status("CapBnd:\t0000000000000003").names().collect::<Vec<_>>(),
            &CAPABILITY_NAMES[..2]
        );
        assert_eq!(BoundingSet::from_status("").names().count(), 0);
        // Unknown numbers are omitted.
        assert_eq!(BoundingSet(u64::MAX).names().count(), CAPABILITY_NAMES.len());
    }

    #[test]
    fn grant_replaces_existing_sets() {
        let mut spec = Spec::new(
            json!({ "process": { "capabilities": { "ambient": ["CAP_CHOWN"] }, "cwd": "/" } }),
        );
        grant(&mut spec, BoundingSet(1));
        insta::assert_snapshot!(
            String::from_utf8_lossy(&spec.to_bytes()),
            @r#"{"process":{"capabilities":{"bounding":["CAP_CHOWN"],"effective":["CAP_CHOWN"],"permitted":["CAP_CHOWN"]},"cwd":"/"}}"#
        );
    }
}
