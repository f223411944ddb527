//! The image `agents`, which is what a container is made of when nobody names
//! another.

use std::fs;

use containai_core::engine::ShippedImage;
use containai_tests::{Engine, Outcome, Person, Repository};

/// Of each agent a file of settings at home, and its own command that tells
/// what stands in there.
const SETTINGS: [[&str; 4]; 7] = [
    [
        ".claude.json",
        r#"{"mcpServers": {"found-by-claude": {"type": "stdio", "command": "true", "args": []}}}"#,
        "claude mcp list",
        "found-by-claude",
    ],
    [
        ".codex/config.toml",
        "[mcp_servers.found-by-codex]\ncommand = \"true\"\n",
        "codex mcp list",
        "found-by-codex",
    ],
    [
        ".copilot/mcp-config.json",
        r#"{"mcpServers": {"found-by-copilot": {"type": "local", "command": "true", "args": [], "tools": []}}}"#,
        "copilot mcp list",
        "found-by-copilot",
    ],
    [
        ".gemini/settings.json",
        r#"{"mcpServers": {"found-by-gemini": {"command": "true"}}}"#,
        "gemini mcp list",
        "found-by-gemini",
    ],
    [
        ".kimi-code/config.toml",
        "[providers.found-by-kimi]\ntype = \"kimi\"\nbase_url = \"http://127.0.0.1:9\"\napi_key = \"x\"\n",
        "kimi provider list",
        "found-by-kimi",
    ],
    [
        ".config/opencode/opencode.json",
        r#"{"mcp": {"found-by-opencode": {"type": "local", "command": ["true"]}}}"#,
        "opencode debug config",
        "found-by-opencode",
    ],
    [".pi/agent/settings.json", r#"{"packages": ["/found-by-pi"]}"#, "pi list", "/found-by-pi"],
];

#[track_caller]
fn run(person: &Person<'_>, repository: &Repository, script: &str) -> Outcome {
    Engine::shared().provide_agents();
    person.cai(["run", "--", "sh", "-c", script]).inside(repository).run()
}

#[test]
fn every_agent_of_the_default_image_tells_its_version_to_every_kind_of_session() {
    let person = Person::new();
    let repository = person.repository("agents");
    let outcome = run(&person, &repository, "systemctl is-system-running --wait; command -v gh");
    outcome.success().prints("running\n/usr/bin/gh\n");
    let labels = person.container(repository.path())["Config"]["Labels"].clone();
    assert_eq!(labels["ai.containai.agents"], ShippedImage::Agents.agents().join(","));
    for agent in ShippedImage::Agents.agents() {
        let version = person.cai(["exec", "--", agent, "--version"]).inside(&repository).run();
        let stdout = version.success().stdout();
        assert!(stdout.chars().any(|c| c.is_ascii_digit()), "{version}");
        let login = person.exec(&repository, &format!("bash -lc '{agent} --version'"));
        assert_eq!(login.success().stdout(), stdout, "{login}");
    }
}

#[test]
fn a_command_of_an_agent_adds_what_its_manifest_says_to_whatever_is_installed() {
    let person = Person::new();
    let repository = person.repository("wrapped");
    let install = "mkdir -p ~/.local/bin && printf '#!/bin/sh\\nprintf \"<%%s>\" \"$@\"\\n' > ~/.local/bin/claude \
                   && chmod 755 ~/.local/bin/claude";
    run(&person, &repository, install).success();
    let expected = "<--dangerously-skip-permissions><a b><>";
    let exec = person.cai(["exec", "--", "claude", "a b", ""]).inside(&repository).run();
    exec.success().prints(expected);
    person.exec(&repository, "bash -lc 'claude \"a b\" \"\"'").success().prints(expected);
    person
        .exec(&repository, "claude() { command claude \"$@\"; }; claude 'a b' ''")
        .prints(expected);
    // The one that the image has is found again when the user's is gone.
    let gone = person.exec(&repository, "rm ~/.local/bin/claude; claude --version");
    assert!(gone.success().stdout().contains("Claude Code"), "{gone}");
}

#[test]
fn nothing_of_the_host_s_certificates_and_registries_is_in_the_image() {
    let person = Person::new();
    let repository = person.repository("clean");
    let script = "find / -xdev -path /proc -prune -o -path '*containai-host*' -print 2>/dev/null; \
                  ls /tmp; cat /opt/containai/agents/.npmrc ~/.npmrc 2>/dev/null; true";
    let outcome = run(&person, &repository, script);
    assert!(!outcome.success().stdout().contains("containai"), "{outcome}");
    let images = person.api().get("/images/json?all=0");
    let left: Vec<_> = images
        .as_array()
        .into_iter()
        .flatten()
        .filter(|image| !image["Labels"]["ai.containai.stage"].is_null())
        .collect();
    assert!(left.is_empty(), "build stages are left: {left:#?}");
}

#[test]
fn settings_of_the_host_are_found_by_every_agent() {
    let person = Person::new();
    let repository = person.repository("settings");
    // Before anything was brought, no agent stumbles over what a start has put there.
    let first = run(
        &person,
        &repository,
        "codex login status 2>&1; for agent in 'claude mcp list' \
         'codex mcp list' 'copilot mcp list' 'gemini mcp list' 'kimi provider list' 'opencode debug config' \
         'pi list'; do $agent 2>&1 || echo \"failed: $agent\"; done",
    );
    let stdout = first.success().stdout();
    assert!(stdout.contains("Not logged in"), "{first}");
    assert!(!stdout.contains("failed: ") && !stdout.contains("Error"), "{first}");

    for [path, text, ..] in SETTINGS {
        let path = person.home().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }
    person.cai(["import"]).inside(&repository).run().success();
    for [path, _, command, expected] in SETTINGS {
        let told = person.exec(&repository, &format!("{command} 2>&1"));
        assert!(told.success().stdout().contains(expected), "`{path}`: {told}");
    }
    let status = person.exec(&repository, "codex login status 2>&1");
    assert!(status.stdout().contains("Not logged in"), "{status}");
    person.cai(["links", "check"]).inside(&repository).run().success().prints("");
}

#[test]
fn an_agent_of_the_user_s_own_is_started_with_what_its_manifest_says() {
    let person = Person::new();
    let repository = person.repository("own-agent");
    let manifests = person.home().join(".config/containai/manifests");
    fs::create_dir_all(&manifests).expect("a directory can be made");
    let manifest = "[agent]\nname = \"mind\"\nbinary = \"mind-cli\"\n\
                    default_args = [\"--free\", \"a b\"]\naliases = [\"m\"]\n";
    fs::write(manifests.join("50-mind.toml"), manifest).expect("a file can be written");
    let install = "mkdir -p ~/.local/bin && printf '#!/bin/sh\\nprintf \"<%%s>\" \"$@\"\\n' \
                   > ~/.local/bin/mind-cli && chmod 755 ~/.local/bin/mind-cli";
    person.run(&repository, install).success();
    for word in ["mind", "m"] {
        let outcome = person.cai(["run", "--agent", word]).inside(&repository).run();
        outcome.success().prints("<--free><a b>");
    }
    person.configure("[agent]\ndefault = \"mind\"\n");
    let outcome = person.cai(["run"]).inside(&repository).run();
    outcome.success().prints("<--free><a b>");
    // Whoever calls it by its name has it the same way.
    for word in ["mind", "m"] {
        person.exec(&repository, word).success().prints("<--free><a b>");
    }
    let offered = person
        .cai(["--", "cai", "run", "--agent", "mi"])
        .env("COMPLETE", "fish")
        .inside(&repository)
        .run();
    offered.success().prints("mind\n");
    let unknown = person.cai(["run", "--agent", "soul"]).inside(&repository).run();
    unknown.fails(2, "has no agent `soul`").tells("~/.config/containai/manifests");
}
