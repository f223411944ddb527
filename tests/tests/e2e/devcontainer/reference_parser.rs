//! Our reading of a file compared with that of `@devcontainers/cli`.

use containai_core::devcontainer::{Approval, Devcontainer, DevcontainerContext};
use containai_tests::{Person, Repository, devcontainer_cli};
use serde_json::Value;

use super::files::write_devcontainer;

/// A variable of the host that both readers know.
const KNOWN: (&str, &str) = ("COMPARED", "of the host");

/// Typical files. The workspace folder is ours.
const FILES: [&str; 6] = [
    "{}",
    r#"// The image.
    {
        "name": "api of ${localWorkspaceFolderBasename}", /* in between */
        "image": "mcr.microsoft.com/devcontainers/base:bookworm",
        "customizations": {"vscode": {"extensions": ["a.b"], "settings": {"x": null, "y": [1, 2.5, -0.5, true]}}},
        "forwardPorts": [3000, "db:5432"],
    }"#,
    r#"{"build": {"dockerfile": "Dockerfile", "context": "..", "target": "dev",
        "args": {"A": "${localEnv:COMPARED}", "B": "${localEnv:ABSENT:else}", "C": "${localEnv:ABSENT}", "D": "${env:COMPARED}"}}}"#,
    r#"{"image": "x", "containerEnv": {
        "ONE": "${containerWorkspaceFolder}/a:${containerWorkspaceFolderBasename}", "TWO": "${unknown} ${unknown:x} $HOME ${",
        "THREE": "${localWorkspaceFolder}${localWorkspaceFolder}", "FOUR": "a \"b\" \\ \u00e9 \ud83d\ude00 \n\t/"},
        "remoteEnv": {"PATH": "${containerEnv:PATH}:/x", "NONE": null}, "remoteUser": "me"}"#,
    r#"{"image": "x", "onCreateCommand": "echo ${localWorkspaceFolderBasename}", "updateContentCommand": ["a", "${localEnv:COMPARED}"],
        "postCreateCommand": {"one": "x", "two": ["y", "z"]}, "postStartCommand": "", "postAttachCommand": "d", "waitFor": "postCreateCommand",
        "initializeCommand": "make ${localWorkspaceFolder}"}"#,
    "\u{feff}{\"image\": \"x\", \"features\": {\"./one\": {\"version\": \"${localEnv:COMPARED}\"}, \"./two\": true}, \"__proto__x\": {\"deep\": [[[{\"a\": \"${localEnv:COMPARED}\"}]]]}}\r\n",
];

/// Returns the reading of the reference implementation.
#[track_caller]
fn read_by_reference(repository: &Repository) -> (Value, Value) {
    let output = devcontainer_cli()
        .args(["read-configuration", "--docker-path", "/bin/true", "--workspace-folder"])
        .arg(repository.path())
        .env(KNOWN.0, KNOWN.1)
        .env_remove("ABSENT")
        .output()
        .expect("node is installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut read: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let mut configuration = read["configuration"].take();
    // The path at which it found the file.
    configuration.as_object_mut().expect("an object").remove("configFilePath");
    (configuration, read["workspace"]["workspaceFolder"].take())
}

#[test]
fn values_match_the_reference_implementation() {
    let person = Person::new();
    let repository = person.repository("compared");
    for text in FILES {
        // Otherwise the reference implementation would choose another workspace folder.
        let text = match text.rfind('}') {
            Some(end) => {
                let (before, after) = text.split_at(end);
                let before = before.trim_end().trim_end_matches(',');
                let comma = if before.ends_with('{') { "" } else { "," };
                format!("{before}{comma}\n\"workspaceFolder\": \"/home/agent/workspace\"{after}")
            }
            None => text.to_owned(),
        };
        write_devcontainer(&repository, &text);
        let (expected, folder) = read_by_reference(&repository);
        assert_eq!(folder, "/home/agent/workspace");
        let workspace = repository.path().display().to_string();
        let host = DevcontainerContext {
            workspace: &workspace,
            folder: ".devcontainer",
            id: "unused",
            compose: None,
            variable: &|name| (name == KNOWN.0).then(|| KNOWN.1.to_owned()),
        };
        let read = Devcontainer::parse(&text, &host, Approval::Given)
            .unwrap_or_else(|error| panic!("{error} in {text}"));
        assert_eq!(Value::Object(read.configuration().clone()), expected, "{text}");
    }
}
