//! Conversion of restart policies.

use bollard::models::{RestartPolicy as DockerPolicy, RestartPolicyNameEnum as PolicyName};
use containai_core::engine::RestartPolicy;

pub(crate) fn to_docker(policy: RestartPolicy) -> DockerPolicy {
    let name = match policy {
        RestartPolicy::No => PolicyName::NO,
        RestartPolicy::UnlessStopped => PolicyName::UNLESS_STOPPED,
    };
    DockerPolicy { name: Some(name), maximum_retry_count: None }
}

pub(crate) fn from_docker(policy: Option<&DockerPolicy>) -> RestartPolicy {
    match policy.and_then(|policy| policy.name) {
        Some(PolicyName::UNLESS_STOPPED | PolicyName::ALWAYS) => RestartPolicy::UnlessStopped,
        _ => RestartPolicy::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_converted_both_ways() {
        for policy in [RestartPolicy::No, RestartPolicy::UnlessStopped] {
            assert_eq!(from_docker(Some(&to_docker(policy))), policy);
        }
        let with = |name| from_docker(Some(&DockerPolicy { name, maximum_retry_count: None }));
        assert_eq!(with(Some(PolicyName::ALWAYS)), RestartPolicy::UnlessStopped);
        assert_eq!(with(Some(PolicyName::ON_FAILURE)), RestartPolicy::No);
        assert_eq!((with(None), from_docker(None)), (RestartPolicy::No, RestartPolicy::No));
    }
}
