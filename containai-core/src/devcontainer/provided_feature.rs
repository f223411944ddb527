//! Features that a container of ContainAI has without installing them.

use std::collections::BTreeMap;

use super::feature_source::FeatureSource;
use crate::layout::CONTAINER_USER;

/// The namespace of the reference features; a mirror has it in another registry.
const NAMESPACE: &str = "devcontainers/features/";

/// The features, and what a container has instead.
const PROVIDED: [(&str, &str); 4] = [
    ("docker-in-docker", "the container has a Docker engine of its own"),
    ("docker-outside-of-docker", "the container's own Docker engine takes its place"),
    ("docker-from-docker", "the container's own Docker engine takes its place"),
    ("sshd", "the container has an SSH server of its own"),
];

/// The options of `common-utils` that create a user; sessions belong to the user of ContainAI.
const USER_OPTIONS: [&str; 3] = ["username", "userUid", "userGid"];

/// Returns what a container has instead of a feature; `None` for a feature that has to be installed.
pub fn provided_instead(source: &FeatureSource) -> Option<&'static str> {
    let name = reference_feature(source)?;
    PROVIDED.into_iter().find(|(feature, _)| *feature == name).map(|(_, instead)| instead)
}

/// Replaces options that would create or change a user beside the one of sessions; returns the
/// changed options.
pub(super) fn keep_session_user(
    source: &FeatureSource,
    options: &mut BTreeMap<String, String>,
) -> Vec<&'static str> {
    if reference_feature(source) != Some("common-utils") {
        return Vec::new();
    }
    let mut changed = Vec::new();
    for name in USER_OPTIONS {
        let Some(value) = options.get_mut(name) else { continue };
        let kept = match (name, value.as_str()) {
            // No further user, or the one of sessions.
            ("username", "root" | "none" | "auto") => continue,
            ("username", "automatic") | ("userUid" | "userGid", _) => "automatic",
            _ => CONTAINER_USER,
        };
        if std::mem::replace(value, kept.to_owned()) != kept {
            changed.push(name);
        }
    }
    changed
}

/// Returns the name of a feature of the reference collection.
fn reference_feature(source: &FeatureSource) -> Option<&str> {
    let FeatureSource::Registry(reference) = source else { return None };
    let path = reference.repository();
    let at = path.find(NAMESPACE).filter(|&at| at == 0 || path.as_bytes()[at - 1] == b'/')?;
    Some(&path[at + NAMESPACE.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(identifier: &str) -> FeatureSource {
        FeatureSource::parse(identifier, "", "k").expect("a source")
    }

    #[test]
    fn engines_and_servers_are_provided() {
        for (identifier, is_provided) in [
            ("ghcr.io/devcontainers/features/docker-in-docker:2", true),
            ("mirror.corp:443/ghcr/devcontainers/features/sshd", true),
            ("docker-from-docker", true),
            ("ghcr.io/devcontainers/features/docker-in-docker-x:2", false),
            ("ghcr.io/xdevcontainers/features/sshd", false),
            ("ghcr.io/other/features/docker-in-docker", false),
            ("./docker-in-docker", false),
        ] {
            assert_eq!(
                provided_instead(&source(identifier)).is_some(),
                is_provided,
                "{identifier}"
            );
        }
    }

    #[test]
    fn common_utils_uses_the_session_user() {
        let check = |identifier: &str, given: &[(&str, &str)]| {
            let pairs = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let mut options = pairs.collect();
            let changed = keep_session_user(&source(identifier), &mut options);
            let user = options.get("username").cloned().unwrap_or_default();
            format!("{user} {} {changed:?}", options.get("userUid").cloned().unwrap_or_default())
        };
        let utils = "ghcr.io/devcontainers/features/common-utils:2";
        let vscode = [("username", "vscode"), ("userUid", "1001"), ("userGid", "automatic")];
        assert_eq!(check(utils, &vscode), r#"agent automatic ["username", "userUid"]"#);
        assert_eq!(check(utils, &[]), "  []");
        assert_eq!(check(utils, &[("username", "auto")]), "auto  []");
        assert_eq!(check(utils, &[("username", "root")]), "root  []");
        assert_eq!(check("./common-utils", &vscode), "vscode 1001 []");
    }
}
