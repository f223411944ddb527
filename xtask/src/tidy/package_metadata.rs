//! The facts that crates.io and docs.rs show.

use serde_json::Value;

/// Keys that every published package has.
const KEYS: [&str; 8] = [
    "description",
    "license",
    "readme",
    "repository",
    "homepage",
    "rust_version",
    "keywords",
    "categories",
];

/// crates.io takes five of each.
const MOST_WORDS: usize = 5;

/// Published packages are described, and libraries say how docs.rs builds them.
pub(super) fn check(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter(|package| package["publish"].is_null()).flat_map(in_package).collect()
}

fn in_package(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let count = |key: &str| package[key].as_array().map_or(1, Vec::len);
    let is_missing = |key: &&str| package[key].is_null() || count(key) == 0;
    let missing = KEYS.into_iter().filter(is_missing).map(|key| format!("`{key}` is missing"));
    let long = ["keywords", "categories"].into_iter().filter(|key| count(key) > MOST_WORDS);
    let long = long.map(|key| format!("`{key}` has more than {MOST_WORDS} words"));
    let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_library = targets.iter().any(|target| target["kind"][0] == "lib");
    let has_docs = package["metadata"]["docs"]["rs"].is_object();
    let docs =
        (is_library && !has_docs).then(|| "`package.metadata.docs.rs` is missing".to_owned());
    let findings = missing.chain(long).chain(docs);
    findings.map(|what| format!("{name}/Cargo.toml:1: {what}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn published_packages_are_described() {
        let mut package = json!({
            "name": "containai-core", "description": "x", "license": "MIT", "readme": "README.md",
            "repository": "x", "homepage": "x", "rust_version": "1.89", "keywords": ["a"],
            "categories": ["b"], "targets": [{ "kind": ["lib"] }],
            "metadata": { "docs": { "rs": { "all-features": true } } },
        });
        let find = |package: &Value| check(&json!({ "packages": [package] })).len();
        assert_eq!(find(&package), 0);
        package["keywords"] = json!([]);
        package["metadata"] = Value::Null;
        package["readme"] = Value::Null;
        assert_eq!(find(&package), 3);
        package["categories"] = json!(["a", "b", "c", "d", "e", "f"]);
        assert_eq!(find(&package), 4);
        package["publish"] = json!([]);
        assert_eq!(find(&package), 0);
    }
}
