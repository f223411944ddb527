//! The image `agents`, which is the default image.

use std::fs;

use containai_core::engine::ShippedImage;
use containai_tests::{Engine, Outcome, Person, Repository};

/// For each agent a file of settings in the home directory, and the agent's own command that prints
/// its content.
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
    Engine::shared().ensure_agents_image();
    person.cai(["run", "--", "sh", "-c", script]).current_dir(repository).run()
}

#[test]
fn every_agent_of_the_default_image_runs_in_every_kind_of_session() {
    let person = Person::new();
    let repository = person.repository("agents");
    let tools = "gh git-lfs jq make nano python3 rg unzip zip zsh";
    let script = format!(
        "systemctl is-system-running --wait; for tool in {tools}; do command -v $tool; done; \
         zsh -c 'echo $ZSH_NAME'; python3 -m venv /tmp/venv && /tmp/venv/bin/pip --version | cut -c 1-3"
    );
    let found: String = tools.split(' ').map(|tool| format!("/usr/bin/{tool}\n")).collect();
    run(&person, &repository, &script).success().prints(&format!("running\n{found}zsh\npip\n"));
    let labels = person.container(repository.path())["Config"]["Labels"].clone();
    assert_eq!(labels["ai.containai.agents"], ShippedImage::Agents.agents().join(","));
    for agent in ShippedImage::Agents.agents() {
        let version = person.cai(["exec", "--", agent, "--version"]).current_dir(&repository).run();
        let stdout = version.success().stdout();
        assert!(stdout.chars().any(|c| c.is_ascii_digit()), "{version}");
        let login = person.exec(&repository, &format!("bash -lc '{agent} --version'"));
        assert_eq!(login.success().stdout(), stdout, "{login}");
    }
}

#[test]
fn agent_command_adds_manifest_arguments_to_any_installation() {
    let person = Person::new();
    let repository = person.repository("wrapped");
    let install = "mkdir -p ~/.local/bin && printf '#!/bin/sh\\nprintf \"<%%s>\" \"$@\"\\n' > ~/.local/bin/claude \
                   && chmod 755 ~/.local/bin/claude";
    run(&person, &repository, install).success();
    let expected = "<--dangerously-skip-permissions><a b><>";
    let exec = person.cai(["exec", "--", "claude", "a b", ""]).current_dir(&repository).run();
    exec.success().prints(expected);
    person.exec(&repository, "bash -lc 'claude \"a b\" \"\"'").success().prints(expected);
    person
        .exec(&repository, "claude() { command claude \"$@\"; }; claude 'a b' ''")
        .prints(expected);
    // When the user's version is removed, the one of the image is found again.
    let gone = person.exec(&repository, "rm ~/.local/bin/claude; claude --version");
    assert!(gone.success().stdout().contains("Claude Code"), "{gone}");
}

#[test]
fn image_contains_no_certificates_or_registries_of_the_host() {
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
fn every_agent_finds_imported_settings() {
    let person = Person::new();
    let repository = person.repository("settings");
    // Before anything is imported, the files that a start creates cause no errors in an agent.
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
    person.cai(["import"]).current_dir(&repository).run().success();
    for [path, _, command, expected] in SETTINGS {
        let reported = person.exec(&repository, &format!("{command} 2>&1"));
        assert!(reported.success().stdout().contains(expected), "`{path}`: {reported}");
    }
    let status = person.exec(&repository, "codex login status 2>&1");
    assert!(status.stdout().contains("Not logged in"), "{status}");
    person.cai(["links", "check"]).current_dir(&repository).run().success().prints("");
}

#[test]
fn custom_agent_is_started_with_its_manifest_arguments() {
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
        let outcome = person.cai(["run", "--agent", word]).current_dir(&repository).run();
        outcome.success().prints("<--free><a b>");
    }
    person.configure("[agent]\ndefault = \"mind\"\n");
    let outcome = person.cai(["run"]).current_dir(&repository).run();
    outcome.success().prints("<--free><a b>");
    // A session that calls it by name starts it with the same arguments.
    for word in ["mind", "m"] {
        person.exec(&repository, word).success().prints("<--free><a b>");
    }
    let offered = person
        .cai(["--", "cai", "run", "--agent", "mi"])
        .env("COMPLETE", "fish")
        .current_dir(&repository)
        .run();
    offered.success().prints("mind\n");
    let unknown = person.cai(["run", "--agent", "soul"]).current_dir(&repository).run();
    unknown.fails(2, "has no agent `soul`").stderr_contains("~/.config/containai/manifests");
}
