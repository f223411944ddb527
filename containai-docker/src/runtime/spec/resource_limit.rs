use serde_json::{Value, json};

use super::Spec;
use super::capability::BoundingSet;

/// No limit (getrlimit(2), `RLIM_INFINITY`).
const INFINITY: u64 = u64::MAX;
/// Maximum number of open files: that of a Debian machine, unless the kernel allows less.
const MAX_FILES: u64 = 1 << 20;
const MIB: u64 = 1 << 20;

/// A resource limit of a process, getrlimit(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) struct ResourceLimit {
    /// The name, such as `RLIMIT_NOFILE`.
    pub(in crate::runtime) kind: &'static str,
    pub(in crate::runtime) soft: u64,
    pub(in crate::runtime) hard: u64,
}

/// The minimum for a container: what services on a machine may set in their units, and programs
/// raise themselves. The container's root cannot raise a hard limit, because the kernel requires
/// CAP_SYS_RESOURCE of the host. Control groups limit memory and processes. Real-time priorities
/// stay as they are, because they would take processor time from the host.
const MINIMUM: [ResourceLimit; 8] = [
    ResourceLimit { kind: "RLIMIT_NOFILE", soft: 1024, hard: MAX_FILES },
    ResourceLimit { kind: "RLIMIT_MEMLOCK", soft: 8 * MIB, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_STACK", soft: 8 * MIB, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_NPROC", soft: INFINITY, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_AS", soft: INFINITY, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_DATA", soft: INFINITY, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_FSIZE", soft: INFINITY, hard: INFINITY },
    ResourceLimit { kind: "RLIMIT_CORE", soft: 0, hard: INFINITY },
];

/// Raises the limits that the container would inherit from the engine.
///
/// Without CAP_SYS_RESOURCE, runc fails on a raised hard limit; soft limits are then raised up to
/// the hard ones. Locked memory stays limited if the container's memory is not. Limits that the
/// engine sets itself are kept.
pub(super) fn raise_limits(
    spec: &mut Spec,
    inherited: &[ResourceLimit],
    max_files: u64,
    bounding: BoundingSet,
) {
    let has_memory_limit = spec
        .get("/linux/resources/memory/limit")
        .and_then(Value::as_i64)
        .is_some_and(|limit| limit > 0);
    let mut raised = Vec::new();
    for minimum in MINIMUM {
        let is_set =
            spec.list("/process/rlimits").iter().any(|limit| limit["type"] == minimum.kind);
        let is_unbounded = minimum.kind == "RLIMIT_MEMLOCK" && !has_memory_limit;
        let Some(now) = inherited.iter().find(|it| it.kind == minimum.kind) else { continue };
        if is_set || is_unbounded {
            continue;
        }
        let wanted = match minimum.kind {
            "RLIMIT_NOFILE" => minimum.hard.min(max_files),
            _ => minimum.hard,
        };
        let hard = if bounding.has_sys_resource() { now.hard.max(wanted) } else { now.hard };
        let limit = ResourceLimit { hard, soft: now.soft.max(minimum.soft).min(hard), ..minimum };
        if limit != *now {
            raised.push(json!({ "type": limit.kind, "soft": limit.soft, "hard": limit.hard }));
        }
    }
    if !raised.is_empty() {
        spec.list_mut(&["process"], "rlimits").extend(raised);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: BoundingSet = BoundingSet(u64::MAX);
    const NO_RESOURCE: BoundingSet = BoundingSet(!(1 << 24));

    fn check(resources: &Value, inherited: [&ResourceLimit; 2], bounding: BoundingSet) -> String {
        let mut spec = Spec::new(json!({ "linux": { "resources": resources } }));
        raise_limits(&mut spec, &inherited.map(|it| *it), 1 << 19, bounding);
        let limits = spec.list("/process/rlimits").iter();
        limits.map(|it| format!("{} {}:{}\n", it["type"], it["soft"], it["hard"])).collect()
    }

    #[test]
    fn hard_limits_need_the_capability() {
        let limited = json!({ "memory": { "limit": 1 << 30 } });
        let files = ResourceLimit { kind: "RLIMIT_NOFILE", soft: 256, hard: 4096 };
        let locked = ResourceLimit { kind: "RLIMIT_MEMLOCK", soft: 65_536, hard: MIB };
        insta::assert_snapshot!(check(&limited, [&files, &locked], ALL), @r#"
        "RLIMIT_NOFILE" 1024:524288
        "RLIMIT_MEMLOCK" 8388608:18446744073709551615
        "#);
        insta::assert_snapshot!(check(&limited, [&files, &locked], NO_RESOURCE), @r#"
        "RLIMIT_NOFILE" 1024:4096
        "RLIMIT_MEMLOCK" 1048576:1048576
        "#);
        insta::assert_snapshot!(check(&json!({}), [&files, &locked], ALL), @r#""RLIMIT_NOFILE" 1024:524288"#);
    }

    #[test]
    fn higher_and_explicit_limits_are_kept() {
        let files = ResourceLimit { kind: "RLIMIT_NOFILE", soft: 1 << 30, hard: 1 << 30 };
        let processes = ResourceLimit { kind: "RLIMIT_NPROC", soft: 5, hard: 5 };
        assert_eq!(check(&json!({}), [&files, &files], ALL), "");
        let explicit = json!({ "type": "RLIMIT_NPROC", "soft": 7, "hard": 7 });
        let mut spec = Spec::new(json!({ "process": { "rlimits": [explicit] } }));
        raise_limits(&mut spec, &[processes], u64::MAX, ALL);
        assert_eq!(spec.list("/process/rlimits"), [explicit]);
    }
}
