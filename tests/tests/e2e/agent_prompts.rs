//! Agents as commands, and questions that they answer without a terminal.

use std::fs;
use std::time::Duration;

use containai_tests::{Engine, Person};

/// A server that answers in place of models.
const MODEL: &str = include_str!("agent_conversations/model.mjs");
/// The time limit for real agents on a loaded machine.
const TIMEOUT: Duration = Duration::from_secs(300);

const MANIFEST: &str = "\
    [agent]\nname = \"mind\"\nbinary = \"mind-cli\"\ndefault_args = [\"--free\"]\n\
    [agent.prompt]\narguments = [\"ask\"]\nresume = [\"--again\"]\n\
    formats = { text = [], json = [\"--json\"] }\nrecognized_by = [\"ask\"]\n\
    [agent.login_state]\nvariables = [\"MIND_KEY\"]\n";

/// Prints its arguments, whether it has a terminal, and its input; `wait` never ends.
const PROGRAM: &str = "#!/bin/sh\nprintf '<%s>' \"$@\"; test -t 1 && echo tty\ncase $* in *wait*) sleep 600 ;; *input*) cat ;; esac\n\
    echo trouble >&2; exit 7\n";

fn person_with_mind(person: &Person<'_>, workspace: &std::path::Path) {
    let manifests = person.home().join(".config/containai/manifests");
    fs::create_dir_all(&manifests).expect("a directory can be made");
    fs::write(manifests.join("50-mind.toml"), MANIFEST).expect("a file can be written");
    fs::write(workspace.join("mind-cli"), PROGRAM).expect("a file can be written");
    let install = "mkdir -p ~/.local/bin && install -m 755 mind-cli ~/.local/bin/mind-cli";
    person.run(workspace, install).success();
}

#[test]
fn an_agent_is_a_command_with_its_own_arguments() {
    let person = Person::new();
    let repository = person.repository("word");
    person_with_mind(&person, repository.path());
    let outcome = person.cai(["mind", "--help", "a b"]).current_dir(&repository).run();
    outcome.code(7).prints("<--free><--help><a b>");
    person.configure("[agent]\nmode = \"ask\"\n");
    let outcome = person.cai(["mind", "x"]).current_dir(&repository).run();
    outcome.code(7).prints("<x>");
    let help = person.cai(["--help"]).run();
    assert!(help.success().stdout().contains("mind"), "{help}");
    person.cai(["mnid"]).run().code(2).stderr_contains("mind");
}

#[test]
fn a_question_has_no_terminal_and_keeps_streams_and_status() {
    let person = Person::new();
    let repository = person.repository("question");
    person_with_mind(&person, repository.path());
    let ask = |words: &[&str]| {
        let words = ["run", "--agent", "mind", "-e", "MIND_KEY=x"].iter().chain(words);
        person.cai(words.copied()).current_dir(&repository)
    };
    let outcome = ask(&["--prompt", "a question"]).run();
    outcome.code(7).prints("<--free><ask><a question>").stderr_contains("trouble");
    let words = ["--prompt", "input", "--output", "json", "--continue", "--", "--own"];
    let outcome = ask(&words).stdin("given").run();
    outcome.code(7).prints("<--free><ask><--again><--json><--own><input>given");
    ask(&["--prompt", "x", "--output", "xml"]).run().fails(2, "no output format `xml`");
    let late = ask(&["--prompt", "wait", "--max-time", "2s"]).run();
    late.code(124).stderr_contains("was ended after 2 s");
    let missing = person.cai(["mind", "ask", "x"]).current_dir(&repository).run();
    missing.fails(116, "`mind` is not logged in").stderr_contains("cai login mind").prints("");
}

#[test]
fn a_question_outside_of_repositories_gets_an_empty_workspace() {
    let person = Person::new();
    let directory = person.home().join("elsewhere");
    fs::create_dir_all(&directory).expect("a directory can be made");
    let manifests = person.home().join(".config/containai/manifests");
    fs::create_dir_all(&manifests).expect("a directory can be made");
    let manifest = "[agent]\nname = \"list\"\nbinary = \"ls\"\n[agent.prompt]\nprompt = [\"-A\"]\n";
    fs::write(manifests.join("50-list.toml"), manifest).expect("a file can be written");
    let outcome = person
        .cai(["run", "--image", "base", "--agent", "list", "--prompt", "x"])
        .current_dir(&directory)
        .run();
    outcome.success().prints("").stderr_contains("empty workspace");
    let left = fs::read_dir(person.home().join(".cache/containai-questions"));
    assert_eq!(left.expect("a directory").count(), 0);
    assert!(person.api().managed().is_empty() || person.containers(&directory).is_empty());
}

#[test]
fn real_agents_start_without_questions_and_report_their_state() {
    Engine::shared().ensure_agents_image();
    let person = Person::new();
    let repository = person.repository("first-start");
    fs::write(repository.join("model.mjs"), MODEL).expect("a file can be written");
    let look = "claude --version >/dev/null; gemini --version >/dev/null; cat ~/.claude.json ~/.claude/settings.json ~/.gemini/GEMINI.md";
    let set = person.cai(["run", "--", "sh", "-c", look]).current_dir(&repository).run();
    let text = set.success().stdout();
    for expected in
        ["hasTrustDialogAccepted", "skipDangerousModePermissionPrompt", "a container of ContainAI"]
    {
        assert!(text.contains(expected), "{expected}: {set}");
    }
    let state = person.cai(["agents", "--json"]).current_dir(&repository).run();
    let state: serde_json::Value =
        serde_json::from_str(&state.success().stdout()).expect("an array");
    let claude = state.as_array().into_iter().flatten().find(|it| it["agent"] == "claude");
    assert_eq!(claude.map(|it| &it["logged_in"]), Some(&serde_json::Value::from(false)), "{state}");

    let refused = person.cai(["claude", "-p", "x"]).current_dir(&repository).timeout(TIMEOUT).run();
    refused.fails(116, "hint: run `cai login claude`");
    let start = "node model.mjs 18765 > /tmp/model.log & until grep -q listening /tmp/model.log; do sleep 0.1; done; exec sleep 600";
    person.cai(["exec", "-d", "--", "sh", "-c", start]).current_dir(&repository).run().success();
    let ask = [
        "run",
        "--agent",
        "claude",
        "-e",
        "ANTHROPIC_BASE_URL=http://127.0.0.1:18765",
        "-e",
        "ANTHROPIC_API_KEY=x",
        "--prompt",
        "question",
        "--output",
        "json",
    ];
    let answer = person.cai(ask).current_dir(&repository).timeout(TIMEOUT).run();
    let answer: serde_json::Value =
        serde_json::from_str(&answer.success().stdout()).expect("an object");
    assert!(answer.to_string().contains("remembered"), "{answer}");
}
