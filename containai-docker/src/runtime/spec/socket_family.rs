use serde_json::{Value, json};

use super::seccomp_action::{ALLOW, DENY, ENOSYS};

/// A mask for all bits of an argument. The first argument of socket(2) is an `int`: the kernel
/// ignores the upper half, which would bypass a rule on the whole value.
const FULL_MASK: u32 = u32::MAX;

/// Socket families that are not isolated by any namespace, with their numbers in `linux/socket.h`.
/// Docker denies them too: the second since version 23, the first since version 29.
const DENIED: [u32; 2] = [
    38, // AF_ALG: the kernel's ciphers, a way to write to files that are shared (CVE-2026-31431).
    40, // AF_VSOCK: the hypervisor of this machine, and services of the host.
];

/// The other families up to 47, as masks and values to compare the masked argument with.
const ALLOWED: [(u32, u32); 7] = [
    (!0x1f, 0),      // 0 to 31
    (!0x3, 32),      // 32 to 35
    (!0x1, 36),      // 36 and 37
    (FULL_MASK, 39), // 39
    (FULL_MASK, 41), // 41
    (!0x1, 42),      // 42 and 43
    (!0x3, 44),      // 44 to 47
];

/// The calls that [`rules`] covers.
pub(super) const CALLS: [&str; 2] = ["socket", "socketcall"];

/// Returns the rules for socket(2), and for socketcall(2), with which 32-bit programs create
/// sockets with arguments that are invisible to filters.
///
/// socketcall has to be denied explicitly and with an error other than the default: for every rule
/// on a socket call, libseccomp adds a rule that allows the same call through socketcall.
pub(super) fn rules(deny_by_default: bool) -> Vec<Value> {
    let rule = |action: &str, mask: u32, value: u32| {
        let argument =
            json!({ "index": 0, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ" });
        json!({ "names": ["socket"], "action": action, "args": [argument] })
    };
    let families: Vec<_> = if deny_by_default {
        ALLOWED.iter().map(|(mask, value)| rule(ALLOW, *mask, *value)).collect()
    } else {
        DENIED.iter().map(|family| rule(DENY, FULL_MASK, *family)).collect()
    };
    let narrow = json!({ "names": ["socketcall"], "action": DENY, "errnoRet": ENOSYS });
    families.into_iter().chain([narrow]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether some rule matches this value of the argument.
    fn some_rule_matches(rules: &[Value], argument: u64) -> bool {
        rules.iter().filter(|rule| rule["names"][0] == "socket").any(|rule| {
            let number = |name: &str| rule["args"][0][name].as_u64().expect("a number");
            argument & number("value") == number("valueTwo")
        })
    }

    #[test]
    fn denies_exactly_two_families() {
        let (allowed, denied) = (rules(true), rules(false));
        for family in 0..48 {
            let is_denied = DENIED.contains(&family);
            for upper in [0_u64, 1 << 32, u64::from(u32::MAX) << 32] {
                let argument = upper | u64::from(family);
                assert_eq!(some_rule_matches(&allowed, argument), !is_denied, "{argument:#x}");
                assert_eq!(some_rule_matches(&denied, argument), is_denied, "{argument:#x}");
            }
        }
        for rules in [&allowed, &denied] {
            let narrow = rules.iter().find(|rule| rule["names"][0] == "socketcall");
            assert_eq!(narrow.map(|rule| &rule["errnoRet"]), Some(&json!(38)));
        }
        assert!(
            !some_rule_matches(&allowed, 48) && !some_rule_matches(&allowed, u64::from(u32::MAX))
        );
    }
}
