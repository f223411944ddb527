use serde_json::{Value, json};

use super::seccomp_action::{ALLOW, DENY, ENOSYS};
use super::{Spec, socket_family};

/// System calls that the default profile denies without capabilities and that a system container
/// needs, for mounts, namespaces, tracing, memory policy and keyrings. The kernel checks each of
/// them against the container's user namespace. An unprivileged LXC container may use about the
/// same.
const ALLOWED: &[&str] = &[
    // CAP_SYS_ADMIN
    "clone",
    "clone3",
    "fanotify_init",
    "fanotify_mark",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "listmount",
    "listns",
    "mount",
    "mount_setattr",
    "move_mount",
    "name_to_handle_at",
    "open_tree",
    "open_tree_attr",
    "pivot_root",
    "setdomainname",
    "sethostname",
    "setns",
    "statmount",
    "umount",
    "umount2",
    "unshare",
    // CAP_SYS_BOOT: ends the pid namespace (reboot(2), "behavior inside PID namespaces").
    "reboot",
    // CAP_SYS_CHROOT
    "chroot",
    // CAP_SYS_NICE
    "get_mempolicy",
    "mbind",
    "migrate_pages",
    "move_pages",
    "set_mempolicy",
    "set_mempolicy_home_node",
    // CAP_SYS_PTRACE
    "kcmp",
    "pidfd_getfd",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    // CAP_SYS_TTY_CONFIG
    "vhangup",
    // Personalities other than the few of the default profile: 32-bit builds, and debuggers without
    // address randomization.
    "personality",
];

/// Keys belong to a user of the host (keyrings(7)), regardless of the user namespace.
const KEY_CALLS: &[&str] = &["add_key", "keyctl", "request_key"];

/// Whether a container may use the kernel's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Keyrings {
    /// Allowed: the container's users are its own, and the inner runc gives each inner container
    /// its own keyring.
    Own,
    /// Denied, because other containers have the same users. The calls fail with `ENOSYS`, as on a
    /// kernel without keys, which systemd, runc and Kerberos handle.
    Denied,
}

/// System calls that a user namespace does not make safe, or where a kernel bug would expose the
/// host: modules, kexec, file handles, the clock, swap, kernel tracing, hardware ports and the
/// kernel log.
const DENIED: &[&str] = &[
    "acct",
    "bpf",
    "clock_settime",
    "clock_settime64",
    "delete_module",
    "finit_module",
    "init_module",
    // Source of most kernel vulnerabilities in recent years; Docker denies it since version 25.
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "lookup_dcookie",
    "nfsservctl",
    "open_by_handle_at",
    "perf_event_open",
    "quotactl",
    "quotactl_fd",
    "settimeofday",
    "stime",
    "swapoff",
    "swapon",
    "syslog",
    "_sysctl",
    "userfaultfd",
];

/// Extends the engine's profile for a container without capabilities.
///
/// Existing rules for the calls in either list are removed first: `clone` has a condition on its
/// flags and `clone3` returns ENOSYS, and in libseccomp an unconditional rule would not override
/// these. A spec without a profile stays unchanged, because an engine without seccomp has a runc
/// without it.
pub(super) fn extend_profile(spec: &mut Spec) {
    if !spec.get("/linux/seccomp").is_some_and(Value::is_object) {
        return;
    }
    let deny_by_default = denies_by_default(spec);
    let rules = spec.list_mut(&["linux", "seccomp"], "syscalls");
    for calls in [ALLOWED, DENIED] {
        remove_calls(rules, calls);
    }
    rules.push(json!({ "names": ALLOWED, "action": ALLOW }));
    // libseccomp rejects rules that are equal to the default action.
    if !deny_by_default {
        rules.push(json!({ "names": DENIED, "action": DENY, "errnoRet": 1 }));
    }
    remove_calls(rules, &socket_family::CALLS);
    rules.extend(socket_family::rules(deny_by_default));
}

/// Adds the rules for the kernel's keys.
pub(in crate::runtime) fn set_keyring_rules(spec: &mut Spec, keyrings: Keyrings) {
    if !spec.get("/linux/seccomp").is_some_and(Value::is_object) {
        return;
    }
    let rules = spec.list_mut(&["linux", "seccomp"], "syscalls");
    remove_calls(rules, KEY_CALLS);
    rules.push(match keyrings {
        Keyrings::Own => json!({ "names": KEY_CALLS, "action": ALLOW }),
        Keyrings::Denied => json!({ "names": KEY_CALLS, "action": DENY, "errnoRet": ENOSYS }),
    });
}

fn denies_by_default(spec: &Spec) -> bool {
    spec.get("/linux/seccomp/defaultAction").is_none_or(|action| action != ALLOW)
}

/// Removes these calls from all rules.
fn remove_calls(rules: &mut Vec<Value>, calls: &[&str]) {
    for names in rules.iter_mut().filter_map(|rule| rule.get_mut("names")?.as_array_mut()) {
        names.retain(|name| !name.as_str().is_some_and(|name| calls.contains(&name)));
    }
    rules.retain(|rule| rule["names"].as_array().is_some_and(|names| !names.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::spec::tests::docker_spec;

    /// Returns whether the profile allows a call with any arguments; panics if two rules apply.
    fn allows(spec: &Spec, call: &str) -> bool {
        let rules = spec.list("/linux/seccomp/syscalls");
        let named = |rule: &&Value| {
            rule["names"].as_array().is_some_and(|names| names.iter().any(|name| name == call))
        };
        let rules: Vec<_> = rules.iter().filter(named).collect();
        assert!(rules.len() <= 1, "`{call}` has {} rules", rules.len());
        rules.first().is_some_and(|rule| rule["action"] == ALLOW && rule["args"].is_null())
    }

    #[test]
    fn extends_docker_profile() {
        let mut spec = docker_spec();
        extend_profile(&mut spec);
        for call in ALLOWED {
            assert!(allows(&spec, call), "`{call}` is not allowed");
        }
        for call in DENIED {
            assert!(!allows(&spec, call), "`{call}` is allowed");
        }
        for call in ["read", "execve", "mknodat", "seccomp"] {
            assert!(allows(&spec, call), "`{call}` was allowed before");
        }
        assert_eq!(spec.get("/linux/seccomp/defaultAction"), Some(&json!("SCMP_ACT_ERRNO")));
    }

    #[test]
    fn denies_calls_that_engine_allowed() {
        let rule = json!({ "names": ["read", "open_by_handle_at", "bpf"], "action": ALLOW });
        let profile = json!({ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule] });
        let mut spec = Spec::new(json!({ "linux": { "seccomp": profile } }));
        extend_profile(&mut spec);
        assert!(allows(&spec, "read"));
        assert!(!allows(&spec, "bpf"));
        assert!(!allows(&spec, "open_by_handle_at"));
    }

    #[test]
    fn allow_by_default_profile_gets_denials() {
        let mut spec = Spec::new(json!({ "linux": { "seccomp": { "defaultAction": ALLOW } } }));
        extend_profile(&mut spec);
        let rules = spec.list("/linux/seccomp/syscalls");
        assert!(rules.iter().any(|rule| rule["action"] == DENY && rule["names"] == json!(DENIED)));
        let sockets: Vec<_> = rules.iter().filter(|rule| rule["names"][0] == "socket").collect();
        assert!(!sockets.is_empty() && sockets.iter().all(|rule| rule["action"] == DENY));
    }

    #[test]
    fn key_calls_need_own_range() {
        let mut spec = docker_spec();
        extend_profile(&mut spec);
        set_keyring_rules(&mut spec, Keyrings::Own);
        assert!(KEY_CALLS.iter().all(|call| allows(&spec, call)));
        set_keyring_rules(&mut spec, Keyrings::Denied);
        let last = spec.list("/linux/seccomp/syscalls").last().cloned().unwrap_or_default();
        assert_eq!(last, json!({ "names": KEY_CALLS, "action": DENY, "errnoRet": 38 }));
        assert!(!KEY_CALLS.iter().any(|call| allows(&spec, call)));
    }

    #[test]
    fn missing_profile_stays_missing() {
        let mut spec = Spec::new(json!({ "linux": {} }));
        extend_profile(&mut spec);
        set_keyring_rules(&mut spec, Keyrings::Denied);
        assert_eq!(spec.get("/linux/seccomp"), None);
    }
}
