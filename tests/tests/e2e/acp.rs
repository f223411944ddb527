//! `cai acp proxy` between an editor on the host and an agent in a container.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use containai_tests::{Engine, Outcome, Person, Repository, Running, TestRoot, wait_until};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const MOCK_AGENT: &str = include_str!("acp/mock_agent.pl");
const CLIENT: &str = include_str!("acp/client.mjs");

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}}"#;

/// Returns a person whose manifest describes the agent `mock`, and a workspace with a container that
/// has it.
fn prepared(name: &str) -> (Person<'static>, Repository) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let manifests = person.home().join(".config/containai/manifests");
    fs::create_dir_all(&manifests).expect("a directory can be made");
    let manifest = "[agent]\nname = \"mock\"\n\n[agent.acp]\ncommand = [\"mock-agent\", \"acp\"]\n";
    fs::write(manifests.join("mock.toml"), manifest).expect("a file can be written");
    let repository = person.repository(name);
    let program = repository.path().join("mock-agent");
    fs::write(&program, MOCK_AGENT).expect("a file can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its own file");
    // What a profile prints is no message, and it reads none.
    let install = "mkdir -p ~/.local/bin && ln -s ~/workspace/mock-agent ~/.local/bin/ &&
        printf 'printf Welcome; read -r line\\n' >> ~/.profile";
    person.run(&repository, install).success();
    (person, repository)
}

fn proxy(person: &Person<'_>, repository: &Repository, agent: &str) -> containai_tests::Cai {
    person.cai(["acp", "proxy", agent]).current_dir(repository)
}

fn request(id: u32, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

fn prompt(id: u32, text: &str) -> String {
    request(
        id,
        "session/prompt",
        &json!({"sessionId": "s", "prompt": [{"type": "text", "text": text}]}),
    )
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Returns the messages for the editor; standard output has nothing else.
#[track_caller]
fn messages(outcome: &Outcome) -> Vec<Value> {
    let stdout = outcome.stdout();
    let parse =
        |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("`{line}` in {outcome}"));
    stdout.lines().map(parse).collect()
}

/// Starts the agent, and waits until it has answered.
fn started(person: &Person<'_>, repository: &Repository, sent: &[&str]) -> Running {
    let mut running = proxy(person, repository, "mock").start();
    running.write_stdin(&lines(&[&[INITIALIZE], sent].concat()));
    let expected = sent.len() + 1;
    wait_until(Duration::from_secs(60), "the agent answers", || {
        (running.stdout().lines().count() >= expected).then_some(())
    });
    running
}

fn wait_until_agent_ended(person: &Person<'_>, repository: &Repository) {
    wait_until(Duration::from_secs(30), "the agent has ended", || {
        let found = person.exec(repository, "pgrep -cf '[m]ock-agent acp'");
        (found.stdout() == "0\n").then_some(())
    });
}

/// Runs the editor of the SDK.
fn sdk_client(person: &Person<'_>, repository: &Repository, version: u8) -> Value {
    let sdk: PathBuf = TestRoot::root().join("clients/node/node_modules/@agentclientprotocol/sdk");
    assert!(sdk.exists(), "`cargo xtask test` installs `{}`", sdk.display());
    let script = person.beside("client.mjs");
    fs::write(&script, CLIENT).expect("a file can be written");
    let cai = proxy(person, repository, "mock").command();
    let mut node = Command::new("node");
    node.arg(script).arg(sdk).arg(version.to_string()).arg(repository.path());
    node.arg(cai.get_program()).args(cai.get_args()).env_clear();
    node.envs(cai.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = node.stdin(Stdio::null()).output().expect("node is installed");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    for text in [
        "this is no message",
        "a log line",
        "Welcome",
        "the MCP server `local` is a program of this machine",
    ] {
        assert!(stderr.contains(text), "`{text}` in {stderr}");
    }
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

#[test]
fn sdk_speaks_both_versions_with_an_agent_inside() {
    let (person, repository) = prepared("acp-sdk");
    let workspace = repository.path().display().to_string();
    for version in [1, 2] {
        let seen = sdk_client(&person, &repository, version);
        assert_eq!(seen["initialized"]["protocolVersion"], json!(version), "{seen:#}");
        assert_eq!(seen["initialized"]["authMethods"], json!([]), "{seen:#}");
        let outside = seen["outside"].as_str().expect("an error");
        assert!(outside.contains("`/etc` is outside of the workspace"), "{outside}");
        let offer = match version {
            1 => r#"{"fs":{"readTextFile":false,"writeTextFile":false},"terminal":false}"#,
            _ => r#"{"auth":{}}"#,
        };
        let report = seen["report"].as_str().expect("a text");
        let inside =
            "cwd=/home/agent/workspace uri=file:///home/agent/workspace/README servers=0 offer=";
        assert!(report.starts_with(inside) && report.contains(offer), "{report}");
        let edited = repository.path().join("edited");
        assert_eq!(fs::read_to_string(&edited).expect("the agent wrote it"), "by the agent\n");
        let tool = &seen["tools"][0];
        assert_eq!(tool["locations"], json!([{"path": format!("{workspace}/edited")}]), "{tool:#}");
        let shown = tool["content"].to_string();
        assert!(shown.contains(&format!("{workspace}/edited")), "{shown}");
        assert!(!shown.contains("\"path\":\"/tmp/outside\""), "{shown}");
        let host = if version == 1 { "-32601 -32601 -32601" } else { "" };
        assert_eq!((&seen["host"], &seen["onHost"]), (&json!(host), &json!([])), "{seen:#}");
        assert_eq!(
            (&seen["big"], &seen["sent"]),
            (&json!(5 << 20), &json!(((5 << 20) * 2).to_string()))
        );
        assert_eq!((&seen["cancelled"], &seen["status"]), (&json!("cancelled"), &json!(7)));
    }
}

#[test]
fn editor_is_asked_only_if_the_user_allows_it() {
    let (person, repository) = prepared("acp-allowed");
    std::os::unix::fs::symlink("/etc", repository.path().join("out")).expect("a link can be made");
    let ask = |cwd: &str| {
        let new = request(1, "session/new", &json!({"cwd": cwd, "mcpServers": []}));
        let answers =
            ["a", "b", "c"].map(|id| format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{{}}}}"#));
        let [a, b, c] = answers.each_ref().map(String::as_str);
        let input = lines(&[INITIALIZE, &new, &prompt(2, "host"), a, b, c]);
        let allowed = ["--allow-read", "--allow-terminal"];
        let outcome = proxy(&person, &repository, "mock").args(allowed).stdin(input).run();
        messages(outcome.success())
    };
    let path = repository.path().display().to_string();
    let all = ask(&path);
    let methods: Vec<_> = all.iter().filter_map(|it| it["method"].as_str()).collect();
    assert_eq!(methods, ["fs/read_text_file", "terminal/create", "session/update"], "{all:#?}");
    assert_eq!(all[2]["params"]["path"], json!(format!("{path}/README")));
    // A link in the workspace leads out of it.
    let all = ask(&format!("{path}/out"));
    assert!(all.iter().all(|it| it["method"] != "fs/read_text_file"), "{all:#?}");
}

#[test]
fn agent_ends_with_the_editor() {
    let (person, repository) = prepared("acp-killed");
    let killed = started(&person, &repository, &[]);
    killed.signal(Signal::SIGKILL);
    assert_eq!(killed.outcome().status(), 128 + 9);
    wait_until_agent_ended(&person, &repository);

    // An agent that does not read its input is hung up.
    let new = request(1, "session/new", &json!({"cwd": repository.path(), "mcpServers": []}));
    let mut deaf = started(&person, &repository, &[&new, &prompt(2, "deaf")]);
    deaf.feed_stdin(Vec::new());
    assert_eq!(deaf.outcome().status(), 128 + 1);
    wait_until_agent_ended(&person, &repository);

    // The editor ends in order.
    let ended = proxy(&person, &repository, "mock").stdin(lines(&[INITIALIZE])).run();
    assert_eq!(messages(ended.success()).len(), 1, "{ended}");
    wait_until_agent_ended(&person, &repository);
}

#[test]
fn proxy_ends_with_the_status_of_the_agent() {
    let (person, repository) = prepared("acp-status");
    let running = started(&person, &repository, &[]);
    person.exec(&repository, "pkill -KILL -f '[m]ock-agent acp'").success();
    assert_eq!(running.outcome().status(), 128 + 9);
    let mut running = started(&person, &repository, &[]);
    running.write_stdin(&lines(&[&prompt(1, "exit")]));
    assert_eq!(running.outcome().status(), 7);
    let mut running = started(&person, &repository, &[]);
    running.write_stdin(&lines(&["[]", r#"{"jsonrpc":"2.0","method":"x"}"#]));
    running.signal(Signal::SIGTERM);
    assert_eq!(running.outcome().status(), 128 + 15);
}

#[test]
fn container_without_the_program_is_reported_to_editor_and_user() {
    let (person, repository) = prepared("acp-missing");
    let outcome = proxy(&person, &repository, "claude").stdin(lines(&[INITIALIZE])).run();
    let outcome = outcome.code(1);
    outcome.stderr_contains("the container has no program `claude-agent-acp`").stderr_contains(
        "npm install --global --prefix /home/agent/.local @agentclientprotocol/claude-agent-acp",
    );
    let [answer] = &messages(outcome)[..] else { panic!("one answer: {outcome}") };
    let message = answer["error"]["message"].as_str().expect("an error");
    assert!(message.contains("`claude-agent-acp`"), "{message}");
    proxy(&person, &repository, "clod").run().fails(2, "no manifest describes the agent `clod`");
}

#[test]
fn agents_of_the_image_answer_an_editor() {
    Engine::shared().ensure_agents_image();
    let person = Person::new();
    let repository = person.repository("acp-agents");
    person.cai(["run", "--", "true"]).current_dir(&repository).run().success();
    for agent in ["copilot", "gemini", "kimi", "opencode"] {
        let new = request(1, "session/new", &json!({"cwd": repository.path(), "mcpServers": []}));
        let mut running = proxy(&person, &repository, agent).start();
        running.write_stdin(&lines(&[INITIALIZE, &new]));
        let stdout = wait_until(Duration::from_secs(90), "two answers", || {
            let stdout = running.stdout();
            let is_answer = |line: &&str| line.contains("\"result\"") || line.contains("\"error\"");
            (stdout.lines().filter(is_answer).count() >= 2).then_some(stdout)
        });
        running.feed_stdin(Vec::new());
        let outcome = running.outcome();
        let all = messages(&outcome);
        let initialized = all.iter().find(|it| it["id"] == 0).expect("an answer");
        assert_eq!(initialized["result"]["protocolVersion"], json!(1), "`{agent}`: {stdout}");
        // Without a login, some refuse the session.
        let answer = all.iter().find(|it| it["id"] == 1).expect("an answer");
        let text = answer.to_string().to_lowercase();
        assert!(
            answer["result"]["sessionId"].is_string()
                || text.contains("auth")
                || text.contains("api key"),
            "`{agent}`: {outcome}"
        );
    }
}
