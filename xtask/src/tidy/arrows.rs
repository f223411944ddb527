//! Dependencies between and of the published packages.

use serde_json::Value;

/// The arrows: core ← ssh, core ← docker, these three ← containai, all of them
/// ← cli.
const ARROWS: [(&str, &[&str]); 5] = [
    ("containai-core", &[]),
    ("containai-ssh", &["containai-core"]),
    ("containai-docker", &["containai-core"]),
    ("containai", &["containai-core", "containai-ssh", "containai-docker"]),
    ("containai-cli", &["containai-core", "containai-ssh", "containai-docker", "containai"]),
];

/// Packages that the libraries do not use: errors have types, and the terminal
/// and the arguments belong to the command line.
const CLI_ONLY: [&str; 9] = [
    "anstream",
    "anyhow",
    "clap",
    "clap_complete",
    "clap_mangen",
    "crossterm",
    "dialoguer",
    "indicatif",
    "ratatui",
];

/// Packages that the core may use: none that does I/O.
const CORE: [&str; 13] = [
    "base64",
    "hex",
    "jsonc-parser",
    "serde",
    "serde-saphyr",
    "serde_json",
    "sha2",
    "similar",
    "strsim",
    "thiserror",
    "time",
    "toml_edit",
    "toml",
];

/// Looks at the dependencies in cargo's metadata. The arrows apply to
/// dev-dependencies as well: a test that needs both sides of a border belongs in
/// `tests`.
pub(super) fn check(metadata: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for package in list(&metadata["packages"]) {
        let name = package["name"].as_str().unwrap_or_default().to_owned();
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_normal = dependency["kind"].is_null();
            let is_ours = used == "containai" || used.starts_with("containai-");
            if is_ours && used != name && !allowed.contains(&used) {
                findings.push(format!("{name}/Cargo.toml:1: `{used}` is against the arrows"));
            }
            if name != "containai-cli" && is_normal && CLI_ONLY.contains(&used) {
                let what = "is for the command line, not for a library";
                findings.push(format!("{name}/Cargo.toml:1: `{used}` {what}"));
            }
            if name == "containai-core" && is_normal && !is_ours && !CORE.contains(&used) {
                findings.push(format!("{name}/Cargo.toml:1: the core does not use `{used}`"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn findings(name: &str, dependency: &str, kind: Option<&str>) -> usize {
        let dependency = json!({ "name": dependency, "kind": kind });
        check(&json!({ "packages": [{ "name": name, "dependencies": [dependency] }] })).len()
    }

    #[test]
    fn arrows_point_one_way() {
        assert_eq!(findings("containai-cli", "containai-ssh", None), 0);
        assert_eq!(findings("containai-ssh", "containai-core", None), 0);
        assert_eq!(findings("containai-ssh", "containai-docker", None), 1);
        assert_eq!(findings("containai-docker", "containai-ssh", Some("dev")), 1);
        assert_eq!(findings("containai-core", "containai-cli", None), 1);
        assert_eq!(findings("containai-tests", "containai-cli", None), 0);
        assert_eq!(findings("containai", "containai-docker", None), 0);
        assert_eq!(findings("containai-cli", "containai", None), 0);
        assert_eq!(findings("containai", "containai-cli", None), 1);
        assert_eq!(findings("containai-core", "containai", Some("dev")), 1);
        // Its own feature, for its own tests.
        assert_eq!(findings("containai-core", "containai-core", Some("dev")), 0);
    }

    #[test]
    fn libraries_have_typed_errors_and_no_terminal() {
        assert_eq!(findings("containai", "anyhow", None), 1);
        assert_eq!(findings("containai-ssh", "anyhow", Some("dev")), 0);
        assert_eq!(findings("containai-docker", "dialoguer", None), 1);
        assert_eq!(findings("containai-cli", "anyhow", None), 0);
    }

    #[test]
    fn core_stays_small() {
        assert_eq!(findings("containai-core", "serde", None), 0);
        assert_eq!(findings("containai-core", "tokio", Some("dev")), 0);
        assert_eq!(findings("containai-core", "tokio", None), 1);
    }
}
