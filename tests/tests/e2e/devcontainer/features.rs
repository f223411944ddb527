//! Features of a registry in a container.

use std::os::unix::fs::symlink;
use std::path::Path;

use containai_tests::{FeatureRegistry, Person, RegistryAccess, Repository};

use super::files::{write, write_devcontainer};

/// A feature with everything that a manifest may ask for.
const TOOL: &str = r#"{
    "id": "tool", "version": "1.2.3", "name": "Tool",
    "options": {"version": {"type": "string", "default": "latest"}, "withExtra": {"type": "boolean", "default": false}},
    "dependsOn": {"ghcr.io/devcontainers/features/ground:2": {"level": "high"}},
    "installsAfter": ["ghcr.io/devcontainers/features/common-utils"],
    "containerEnv": {"TOOL_HOME": "/opt/tool", "PATH": "${TOOL_HOME}/bin:${PATH}"},
    "entrypoint": "/usr/local/share/tool-start",
    "mounts": [{"source": "tool-cache-${devcontainerId}", "target": "/opt/cache", "type": "volume"}],
    "capAdd": ["SYS_PTRACE"], "init": true, "postCreateCommand": "echo tool >> ~/order"
}"#;
const INSTALL_TOOL: &str = r#"#!/bin/bash
set -e
echo "tool $VERSION $WITHEXTRA $_REMOTE_USER" >> /opt/installed
./part/link
openssl verify -CApath /etc/ssl/certs "$NODE_EXTRA_CA_CERTS" >/dev/null && echo trusted >> /opt/installed
mkdir -p "$TOOL_HOME/bin"
printf '#!/bin/sh\necho "tool of $TOOL_HOME"\n' > "$TOOL_HOME/bin/tool"
printf '#!/bin/sh\necho "$TOOL_HOME $(id -un) $0" > /run/tool-started\nsleep 1000 &\nexec "$@"\n' > /usr/local/share/tool-start
chmod +x "$TOOL_HOME/bin/tool" /usr/local/share/tool-start
"#;
const GROUND: &str = r#"{"id": "ground", "version": "2.0.0", "name": "Ground", "options": {"level": {"type": "string", "default": "low"}}}"#;
const UTILS: &str = r#"{"id": "common-utils", "version": "2.5.0", "name": "Utilities",
    "options": {"username": {"type": "string", "default": "automatic"}, "userUid": {"type": "string", "default": "automatic"}}}"#;

/// Writes the features of a collection.
pub(super) fn write_collection(collection: &Repository) {
    let feature = |id: &str, manifest: &str, install: &str| {
        write(collection, &format!("src/{id}/devcontainer-feature.json"), manifest);
        write(collection, &format!("src/{id}/install.sh"), install);
    };
    feature("tool", TOOL, INSTALL_TOOL);
    // Neither executable nor a file of its own.
    write(collection, "src/tool/part/script", "#!/bin/sh\necho part >> /opt/installed\n");
    let _ = symlink("script", collection.join("src/tool/part/link"));
    let install = |line: &str| format!("#!/bin/sh\necho \"{line}\" >> /opt/installed\n");
    feature("ground", GROUND, &install("ground $LEVEL"));
    feature("common-utils", UTILS, &install("utils $USERNAME $USERUID"));
}

const FILE: &str = r#"{
    "features": {
        "ghcr.io/devcontainers/features/tool:1": {"version": "9", "typo": true},
        "ghcr.io/devcontainers/features/docker-in-docker:2": {"moby": true},
        "ghcr.io/devcontainers/features/common-utils:2": {"username": "vscode", "userUid": "1001"},
        "./local": {}
    },
    "overrideFeatureInstallOrder": ["./local"],
    "postCreateCommand": "echo file >> ~/order"
}"#;

#[test]
fn features_of_a_registry_are_approved_installed_and_kept() {
    let person = Person::new();
    let collection = person.repository("collection");
    write_collection(&collection);
    let mut registry = FeatureRegistry::start(&person, RegistryAccess::Public);
    registry.publish(collection.path());
    let repository = person.repository("featured");
    write_devcontainer(&repository, FILE);
    write(&repository, ".devcontainer/local/devcontainer-feature.json", "{\"id\": \"local\"}");
    let install =
        format!("#!/bin/sh\n# {}\necho local >> /opt/installed\n", repository.path().display());
    write(&repository, ".devcontainer/local/install.sh", &install);
    let cai = |words: &[&str]| registry.through(person.cai(words)).current_dir(&repository).run();
    let run = |script: &str, more: &[&str]| {
        let words = ["run", "--image", "base", "--devcontainer"];
        cai(&[&words, more, &["--", "sh", "-c", script]].concat())
    };

    // Nothing is downloaded before the approval.
    run("true", &[])
        .fails(2, "unapproved access to this machine")
        .stderr_contains("downloading software (`features`: ghcr.io/devcontainers/features/tool:1, ghcr.io/devcontainers/features/common-utils:2)");
    assert_eq!(registry.requests(), "");
    let shown = cai(&["trust", "--show"]).success().stdout();
    for line in [
        "feature `ghcr.io/devcontainers/features/tool:1` 1.2.3, sha256:",
        "feature `ghcr.io/devcontainers/features/ground:2` 2.0.0, sha256:",
        "mounts tool-cache-",
        "runs at each start: /usr/local/share/tool-start",
    ] {
        assert!(shown.contains(line), "no `{line}` in {shown}");
    }
    assert!(
        registry.requests().lines().all(|line| line == "ghcr.io:443"),
        "{}",
        registry.requests()
    );
    cai(&["trust", "--yes"]).success();

    let made = run("cat /opt/installed; tool; cat ~/order; id -u", &["--fresh"]);
    made.success().prints(
        "local\nutils agent automatic\nground high\ntool 9 false agent\npart\ntrusted\ntool of /opt/tool\ntool\nfile\n1000\n",
    );
    made.stderr_contains("`ghcr.io/devcontainers/features/docker-in-docker:2` is not installed: the container has a Docker engine of its own")
        .stderr_contains("`capAdd` of tool has no effect")
        .stderr_contains("tool:1.typo` is not an option")
        .stderr_contains("`username`, `userUid` of `features.ghcr.io/devcontainers/features/common-utils:2` has no effect");
    let started = "for _ in $(seq 300); do [ -s /run/tool-started ] && break; sleep 0.1; done; cat /run/tool-started; \
                   findmnt -n -o TARGET /opt/cache; systemctl is-active containai-features; pgrep -x sleep >/dev/null && echo alive";
    run(started, &[])
        .success()
        .prints("/opt/tool root /usr/local/share/tool-start\n/opt/cache\nactive\nalive\n")
        .stderr_lacks("warning");

    // A new version needs an approval; the approved one stays in use.
    write(&collection, "src/ground/devcontainer-feature.json", &GROUND.replace("2.0.0", "2.0.1"));
    registry.publish(collection.path());
    run("true", &[]).success().stderr_lacks("warning").stderr_lacks("2.0.1");
    let shown = cai(&["trust", "--show"]).success().stdout();
    assert!(
        shown.contains("(changed since it was approved)") && shown.contains("ground:2` 2.0.1"),
        "{shown}"
    );

    // Without a network, everything approved is still there.
    registry.stop();
    let cai = |words: &[&str]| registry.through(person.cai(words)).current_dir(&repository).run();
    remove_image(&person, repository.path());
    cai(&[
        "run",
        "--image",
        "base",
        "--devcontainer",
        "--fresh",
        "--",
        "head",
        "-2",
        "/opt/installed",
    ])
    .success()
    .prints("local\nutils agent automatic\n");
    cai(&["trust"]).success().stderr_contains("is already approved");
    cai(&["trust", "--revoke"]).success();
    let shown = cai(&["trust", "--show"]).success().stdout();
    assert!(shown.contains("cannot be approved: cannot download"), "{shown}");
    cai(&["trust", "--yes"])
        .fails(1, "cannot download `ghcr.io/devcontainers/features/tool:1`")
        .stderr_contains("https_proxy");
}

/// Removes the container of a workspace and its image.
fn remove_image(person: &Person<'_>, workspace: &Path) {
    let image = person.container(workspace)["Config"]["Image"].as_str().expect("a name").to_owned();
    person.remove_containers(workspace);
    person.api().delete(&format!("/images/{image}?force=1"));
}
