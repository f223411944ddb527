use serde_json::Value;

use super::Spec;

/// Lowers the process limit to half of the kernel's maximum (`kernel.pid_max`,
/// `kernel.threads-max`), so that a container cannot use up all of the host's processes. `None`
/// changes nothing.
pub(super) fn limit_pids(spec: &mut Spec, kernel: Option<u64>) {
    let Some(kernel) = kernel else { return };
    let pids = spec.object(&["linux", "resources", "pids"]);
    let half = i64::try_from(kernel / 2).unwrap_or(i64::MAX);
    // Docker writes 0 or -1, or omits the field, for no limit.
    let requested = pids.get("limit").and_then(Value::as_i64).filter(|limit| *limit > 0);
    pids.insert("limit".to_owned(), requested.map_or(half, |limit| limit.min(half)).into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_to_half_of_kernel_pids() {
        let check = |resources: Value, kernel, expected: i64| {
            let mut spec = Spec::new(json!({ "linux": { "resources": resources } }));
            limit_pids(&mut spec, Some(kernel));
            let limit = spec.get("/linux/resources/pids/limit").and_then(Value::as_i64);
            assert_eq!(limit, Some(expected), "{resources} of {kernel}");
        };
        check(json!({ "pids": { "limit": 32_768 } }), 4_194_304, 32_768);
        check(json!({ "pids": { "limit": 32_768 } }), 32_768, 16_384);
        check(json!({ "pids": { "limit": -1 } }), 100_000, 50_000);
        check(json!({ "pids": null }), 100_000, 50_000);
        check(json!({}), u64::MAX, i64::MAX);

        let mut spec = Spec::new(json!({}));
        limit_pids(&mut spec, None);
        assert_eq!(spec.to_bytes(), b"{}");
    }
}
