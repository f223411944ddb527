//! `cai status`, `version`, `completion` and `--dry-run`: output for scripts.

use std::net::TcpStream;

use containai_tests::Person;
use serde_json::Value;

#[test]
fn status_prints_json() {
    let person = Person::new();
    let repository = person.repository("spoken");
    person.run(&repository, "true").success();
    let outcome = person.cai(["status", "--json"]).current_dir(&repository).run();
    let status: Value = serde_json::from_str(&outcome.success().stdout()).expect("JSON");
    assert_eq!(status["container"], "spoken-main");
    assert_eq!(status["status"], "running");
    assert!(status["image"].is_string(), "{status}");
    assert_eq!(status["ssh_host"], "127.0.0.1");
    let port = status["ssh_port"].as_u64().and_then(|port| u16::try_from(port).ok());
    TcpStream::connect(("127.0.0.1", port.expect("a port"))).expect("the port is open");
    let text = outcome.stdout();
    let positions = ["\"container\"", "\"status\"", "\"image\"", "\"ssh_host\"", "\"ssh_port\""];
    assert!(positions.map(|key| text.find(key)).is_sorted(), "{text}");

    person.cai(["stop"]).current_dir(&repository).run().success();
    let outcome = person.cai(["status", "--json", "--container", "spoken-main"]).run();
    let status: Value = serde_json::from_str(&outcome.success().stdout()).expect("JSON");
    assert_eq!(status["status"], "exited");
}

#[test]
fn dry_run_prints_the_steps_and_runs_none() {
    let person = Person::new();
    let repository = person.repository("planned");
    let run = || {
        person.cai(["run", "--image", "base", "--dry-run", "--", "true"]).current_dir(&repository)
    };
    let plan = run().run().success().stdout();
    assert!(plan.contains("planned-main") && plan.contains("start the container"), "{plan}");
    assert_eq!(person.containers(repository.path()).len(), 0);
    person.run(&repository, "true").success();
    let plan = run().run().success().stdout();
    assert!(!plan.contains("create container"), "{plan}");
}

#[test]
fn version_needs_no_engine() {
    let person = Person::new();
    let outcome = person.cai(["version", "--json"]).env("CONTAINAI_DOCKER_HOST", "nonsense").run();
    let version: Value = serde_json::from_str(&outcome.success().stdout()).expect("JSON");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let text = person.cai(["version"]).run().line();
    assert!(text.contains(env!("CARGO_PKG_VERSION")), "{text}");
}

#[test]
fn completion_scripts_are_valid() {
    let person = Person::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = person.cai(["completion", shell]).run().success().stdout();
        let file = person.beside(&format!("completion.{shell}"));
        std::fs::write(&file, script).expect("a file can be written");
        let check = std::process::Command::new(shell).arg("-n").arg(&file).output().expect("shell");
        assert!(check.status.success(), "{check:?}");
    }
}

#[test]
fn containers_and_volumes_are_completed() {
    let person = Person::new();
    let repository = person.repository("offered");
    person.run(&repository, "true").success();
    let completions_of = |words: &[&str]| completions_of(&person, words);
    assert!(completions_of(&["stop", "--container", "off"]).lines().any(|it| it == "offered-main"));
    assert!(completions_of(&["run", "--data-volume", ""]).contains("containai-offered-"));
    assert!(completions_of(&["run", "--dry"]).lines().any(|it| it == "--dry-run"));
}

#[test]
fn values_and_templates_are_completed() {
    let person = Person::new();
    person.cai(["template", "new", "mine"]).run().success();
    let offers = |words: &[&str], text: &str| {
        let found = completions_of(&person, words);
        assert!(found.lines().any(|line| line == text), "{words:?}: {found}");
    };
    offers(&["run", "--template", ""], "mine");
    offers(&["run", "--template", "mi"], "mine");
    offers(&["config", "set", "template.default", ""], "mine");
    offers(&["config", "set", "isolation", "us"], "userns");
    offers(&["config", "set", "ssh.forward_agent", ""], "true");
    offers(&["config", "set", "--global", "agent.default", "co"], "codex");
    offers(&["config", "set", "image", "sd"], "sdks");
    let none = completions_of(&person, &["config", "set", "isolation", "x"]);
    assert_eq!(none, "");
}

/// Returns the completions of the last word.
fn completions_of(person: &Person, words: &[&str]) -> String {
    let line = ["--", "cai"].iter().chain(words);
    let cai = person.cai(line.copied()).env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
    cai.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).run().success().stdout()
}

#[test]
fn quiet_and_verbose_change_the_output() {
    let person = Person::new();
    let repository = person.repository("volume");
    let run = |flag: &str| {
        person.cai([flag, "run", "--image", "base", "--", "true"]).current_dir(&repository).run()
    };
    let quiet = run("--quiet");
    assert_eq!(quiet.success().stderr(), "");
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    let verbose = run("--verbose").success().stderr();
    assert!(verbose.contains("start"), "{verbose}");
}
