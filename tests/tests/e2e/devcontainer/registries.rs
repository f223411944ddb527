//! Registries and servers of features.

use containai_tests::{
    FeatureRegistry, Person, RegistryAccess, Repository, devcontainer_cli, output_of,
};
use serde_json::Value;

use super::features::write_collection;
use super::files::{write, write_devcontainer};

/// Returns the features that a review shows, in the order of installation.
fn reviewed(shown: &str) -> Vec<(String, String)> {
    let lines = shown.lines().filter_map(|line| line.strip_prefix("feature `"));
    let parts = lines.filter_map(|line| {
        let (name, rest) = line.split_once('`')?;
        Some((name.to_owned(), rest.rsplit_once(", ")?.1.to_owned()))
    });
    parts.collect()
}

#[test]
fn order_and_digests_match_the_reference_implementation() {
    let person = Person::new();
    let collection = person.repository("collection");
    write_collection(&collection);
    for (id, more) in [
        ("zebra", r#""legacyIds": ["horse"]"#),
        ("ant", r#""installsAfter": ["ghcr.io/devcontainers/features/zebra"]"#),
        ("bee", r#""dependsOn": {"ghcr.io/devcontainers/features/ant": {"x": "1"}}"#),
        (
            "cat",
            r#""installsAfter": ["ghcr.io/devcontainers/features/horse", "ghcr.io/devcontainers/features/tool"]"#,
        ),
    ] {
        let manifest =
            format!("{{\"id\": \"{id}\", \"version\": \"1.0.0\", \"name\": \"{id}\", {more}}}");
        write(&collection, &format!("src/{id}/devcontainer-feature.json"), &manifest);
        write(&collection, &format!("src/{id}/install.sh"), "#!/bin/sh\n");
    }
    let registry = FeatureRegistry::start(&person, RegistryAccess::Public);
    registry.publish(collection.path());
    let repository = person.repository("ordered");
    let all = |names: &[&str]| {
        let names =
            names.iter().map(|name| format!("\"ghcr.io/devcontainers/features/{name}\": {{}}"));
        names.collect::<Vec<_>>().join(", ")
    };
    for (names, first) in [
        (&["zebra", "ant", "bee", "cat", "tool"][..], &[][..]),
        (&["cat", "horse", "ant:1"], &[]),
        (&["ant", "cat", "zebra", "bee:1.0"], &["cat", "bee"]),
        (&["tool:1.2", "ground", "common-utils"], &["ground"]),
    ] {
        let first: Vec<_> =
            first.iter().map(|name| format!("\"ghcr.io/devcontainers/features/{name}\"")).collect();
        write_devcontainer(
            &repository,
            &format!(
                "{{\"image\": \"x\", \"features\": {{{}}}, \"overrideFeatureInstallOrder\": [{}]}}",
                all(names),
                first.join(", ")
            ),
        );
        let shown =
            registry.through(person.cai(["trust", "--show"])).current_dir(&repository).run();
        let ours: Vec<_> = reviewed(&shown.success().stdout()).into_iter().map(|it| it.1).collect();
        assert_eq!(ours, order_of_reference(&registry, &repository), "{names:?} {first:?}");
    }
}

/// Returns the digests of the features in the order of the reference implementation.
fn order_of_reference(registry: &FeatureRegistry, repository: &Repository) -> Vec<String> {
    let (proxy, authority) = registry.way();
    let mut command = devcontainer_cli();
    command.args(["features", "resolve-dependencies", "--workspace-folder"]).arg(repository.path());
    command.env("HTTPS_PROXY", proxy).env("NODE_EXTRA_CA_CERTS", authority);
    let printed = output_of(&mut command);
    let at = printed.find("\n{").expect("it prints JSON after the graph");
    let answer: Value = serde_json::from_str(&printed[at..]).expect("JSON");
    let ids = answer["installOrder"].as_array().expect("an array").iter();
    let ids = ids.map(|it| it["id"].as_str().expect("an id").to_owned());
    ids.map(|id| id.rsplit_once('@').expect("a digest").1.to_owned()).collect()
}

#[test]
fn private_registries_get_the_login_of_docker() {
    let person = Person::new();
    let collection = person.repository("collection");
    write_collection(&collection);
    let registry = FeatureRegistry::start(&person, RegistryAccess::Private);
    registry.publish(collection.path());
    let repository = person.repository("private");
    write_devcontainer(
        &repository,
        "{\"features\": {\"ghcr.io/devcontainers/features/ground\": {}}}",
    );
    let cai = |words: &[&str]| registry.through(person.cai(words)).current_dir(&repository).run();
    cai(&["trust", "--yes"])
        .fails(1, "`ghcr.io` does not give access to it")
        .stderr_contains("docker login ghcr.io");
    registry.log_in(&person, "other.example");
    cai(&["trust", "--yes"]).fails(1, "does not give access");
    registry.log_in(&person, "ghcr.io");
    cai(&["-v", "trust", "--yes"]).success().stderr_lacks("aHVzaC00NzEx");
}

#[test]
fn faulty_identifiers_and_servers_are_named() {
    let person = Person::new();
    let collection = person.repository("collection");
    write_collection(&collection);
    let registry = FeatureRegistry::start(&person, RegistryAccess::Public);
    registry.publish(collection.path());
    let repository = person.repository("faulty");
    let trust = |identifier: &str| {
        write_devcontainer(&repository, &format!("{{\"features\": {{\"{identifier}\": {{}}}}}}"));
        registry.through(person.cai(["trust", "--yes"])).current_dir(&repository).run()
    };
    let ground = "ghcr.io/devcontainers/features/ground";
    trust(&format!("{ground}:7"))
        .fails(1, "`ghcr.io` does not have it")
        .stderr_contains("containers.dev/features");
    trust("ghcr.io/devcontainers/features/none")
        .fails(1, "cannot download `ghcr.io/devcontainers/features/none:latest`");
    // The collection itself is an artifact, and no feature.
    trust("ghcr.io/devcontainers/features")
        .fails(2, "`ghcr.io/devcontainers/features:latest` is not a feature");
    let digest = format!("{ground}@sha256:{}", "0".repeat(64));
    trust(&digest).fails(1, "does not have it");
    // The certificate is not for this name.
    trust("other.example/devcontainers/features/ground")
        .fails(1, "the connection to `other.example` is not secure")
        .stderr_contains("SSL_CERT_FILE");
    trust("https://ghcr.io/devcontainer-feature-x.tgz").fails(1, "does not have it");
    // A registry on this machine may do without encryption; the files are the same.
    trust(&format!("{}/devcontainers/features/ground:2", registry.plain_host())).success();

    // The lock file of the repository decides on the version.
    let locked = |digest: &str| {
        let lock = format!(
            "{{\"features\": {{\"{ground}\": {{\"version\": \"2.0.0\", \"resolved\": \"x\", \"integrity\": \"{digest}\"}}}}}}"
        );
        write(&repository, ".devcontainer/devcontainer-lock.json", &lock);
    };
    locked(&format!("sha256:{}", "1".repeat(64)));
    trust(ground).fails(1, "does not have it");
    write(&repository, ".devcontainer/devcontainer-lock.json", "{");
    trust(ground).fails(2, "cannot use `.devcontainer/devcontainer-lock.json`");
    write(&repository, ".devcontainer/devcontainer-lock.json", "");
    trust(ground).success();
    locked(&format!("sha256:{}", "1".repeat(64)));
    let words = ["run", "--image", "base", "--devcontainer", "--", "true"];
    registry
        .through(person.cai(words))
        .current_dir(&repository)
        .run()
        .fails(2, "is locked to another version than the approved one")
        .stderr_contains("cai trust");
    // A feature of the workspace cannot bring in what was not approved.
    write_devcontainer(&repository, "{\"features\": {\"./local\": {}}}");
    let local = format!("{{\"id\": \"local\", \"dependsOn\": {{\"{ground}\": {{}}}}}}");
    write(&repository, ".devcontainer/local/devcontainer-feature.json", &local);
    write(&repository, ".devcontainer/local/install.sh", "#!/bin/sh\n");
    std::fs::remove_file(repository.join(".devcontainer/devcontainer-lock.json")).expect("a file");
    person
        .cai(words)
        .current_dir(&repository)
        .run()
        .fails(2, "the feature `ghcr.io/devcontainers/features/ground` is not approved");
}
