use serde_json::{Value, json};

use super::Spec;

/// What the default profile keeps from a process without capabilities and a system container needs:
/// mounts, namespaces, tracing its own processes, memory policy, keyrings. The kernel checks each
/// against the container's user namespace. About what an unprivileged LXC container may call.
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
    // Keyrings belong to a user of the namespace; the inner runc gives each container its own.
    "add_key",
    "keyctl",
    "request_key",
    // Personalities other than the default's few: 32-bit builds, debuggers without address
    // randomisation.
    "personality",
];

/// What no user namespace makes safe, or what a kernel bug away from it is the host: modules,
/// another kernel, files by handle, the clock, swap, tracing of the kernel, hardware ports, the
/// kernel's log.
const DENIED: &[&str] = &[
    "acct",
    "bpf",
    "clock_settime",
    "clock_settime64",
    "delete_module",
    "finit_module",
    "init_module",
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

const ALLOW: &str = "SCMP_ACT_ALLOW";

/// Widens the profile that the engine made for a container without capabilities.
///
/// What it says about the calls of either list is taken out first: `clone` is there with a
/// condition on its flags and `clone3` with ENOSYS, and libseccomp would not let a plain rule win
/// over these. A spec without a profile stays without: an engine without seccomp has a runc without
/// it.
pub(super) fn widen(spec: &mut Spec) {
    if !spec.get("/linux/seccomp").is_some_and(Value::is_object) {
        return;
    }
    let denied_otherwise =
        spec.get("/linux/seccomp/defaultAction").is_none_or(|action| action != ALLOW);
    let rules = spec.list_mut(&["linux", "seccomp"], "syscalls");
    for names in rules.iter_mut().filter_map(|rule| rule.get_mut("names")?.as_array_mut()) {
        names.retain(|name| {
            !name.as_str().is_some_and(|name| ALLOWED.contains(&name) || DENIED.contains(&name))
        });
    }
    rules.retain(|rule| rule["names"].as_array().is_some_and(|names| !names.is_empty()));
    rules.push(json!({ "names": ALLOWED, "action": ALLOW }));
    // libseccomp refuses a rule that says what the default says.
    if !denied_otherwise {
        rules.push(json!({ "names": DENIED, "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::spec::tests::docker_spec;

    /// Whether the profile lets a call through whatever its arguments; panics when two rules
    /// disagree.
    fn allows(spec: &Spec, call: &str) -> bool {
        let rules = spec.list("/linux/seccomp/syscalls");
        let named = |rule: &&Value| {
            rule["names"].as_array().is_some_and(|names| names.iter().any(|name| name == call))
        };
        let rules: Vec<_> = rules.iter().filter(named).collect();
        assert!(rules.len() <= 1, "`{call}` is decided {} times", rules.len());
        rules.first().is_some_and(|rule| rule["action"] == ALLOW && rule["args"].is_null())
    }

    #[test]
    fn docker_profile() {
        let mut spec = docker_spec();
        widen(&mut spec);
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
    fn what_the_engine_allowed_for_a_capability_is_taken_back() {
        let rule = json!({ "names": ["read", "open_by_handle_at", "bpf"], "action": ALLOW });
        let profile = json!({ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule] });
        let mut spec = Spec::new(json!({ "linux": { "seccomp": profile } }));
        widen(&mut spec);
        assert!(allows(&spec, "read"));
        assert!(!allows(&spec, "bpf"));
        assert!(!allows(&spec, "open_by_handle_at"));
    }

    #[test]
    fn a_profile_that_allows_by_default_gets_the_denials() {
        let mut spec = Spec::new(json!({ "linux": { "seccomp": { "defaultAction": ALLOW } } }));
        widen(&mut spec);
        let last = spec.list("/linux/seccomp/syscalls").last().cloned().unwrap_or_default();
        assert_eq!((&last["action"], &last["names"]), (&json!("SCMP_ACT_ERRNO"), &json!(DENIED)));
    }

    #[test]
    fn no_profile_stays_none() {
        let mut spec = Spec::new(json!({ "linux": {} }));
        widen(&mut spec);
        assert_eq!(spec.get("/linux/seccomp"), None);
    }
}
