//! Agents that outlive their connection.

use std::fs;
use std::time::Duration;

use containai_tests::{Cai, Outcome, Person, Repository, Terminal, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

/// An agent that obeys: each line of its input is an order.
const MIND: &str = r#"#!/bin/sh
case "$*" in *--again*) echo resumed-$((40 + 2)) ;; *) echo ready-$((40 + 2)) ;; esac
while read -r order argument; do
    case $order in
        exit) exit "$argument" ;;
        die) kill -9 $$ ;;
        bell) sleep 1; printf '\a' ;;
        secret) echo "secret-${SECRET-none}" ;;
        *) echo "heard-$order-$argument" ;;
    esac
done
# The input has ended: the terminal is gone.
sleep 9
"#;

/// A workspace whose agent is [`MIND`].
struct MindWorkspace {
    person: Person<'static>,
    repository: Repository,
}

impl MindWorkspace {
    #[track_caller]
    fn new(name: &str) -> Self {
        let person = Person::new();
        let repository = person.repository(name);
        let manifests = person.home().join(".config/containai/manifests");
        fs::create_dir_all(&manifests).expect("a directory can be made");
        let manifest = "[agent]\nname = \"mind\"\nbinary = \"mind-cli\"\n[agent.resume]\nargs = [\"--again\"]\n";
        fs::write(manifests.join("50-mind.toml"), manifest).expect("a file can be written");
        fs::write(repository.path().join("mind"), MIND).expect("a file can be written");
        let install = "mkdir -p ~/.local/bin && install -m 755 mind ~/.local/bin/mind-cli";
        person.run(&repository, install).success();
        Self { person, repository }
    }

    fn cai(&self, words: &[&str]) -> Cai {
        self.person.cai(words).current_dir(&self.repository)
    }

    fn run(&self, words: &[&str]) -> Outcome {
        self.cai(words).run()
    }

    fn on_terminal(&self, words: &[&str]) -> Terminal {
        self.cai(words).on_terminal(100, 30)
    }

    #[track_caller]
    fn start_detached(&self) -> String {
        self.run(&["run", "--detach", "--agent", "mind"]).success().line()
    }

    /// Returns the entry of a session.
    #[track_caller]
    fn session(&self, name: &str) -> Value {
        let list = self.run(&["session", "list", "--json"]).success().stdout();
        let list: Value = serde_json::from_str(&list).expect("JSON");
        let all = list.as_array().cloned().unwrap_or_default();
        all.into_iter().find(|it| it["name"] == name).unwrap_or_default()
    }

    #[track_caller]
    fn wait_for_state(&self, name: &str, state: &str) -> Value {
        wait_until(TIMEOUT, state, || Some(self.session(name)).filter(|it| it["state"] == state))
    }

    #[track_caller]
    fn wait_for_log(&self, name: &str, text: &str) {
        wait_until(TIMEOUT, text, || {
            self.run(&["session", "logs", name]).stdout().contains(text).then_some(())
        });
    }
}

#[test]
fn detached_agents_are_listed_and_obey() {
    let mind = MindWorkspace::new("detached");
    assert_eq!(mind.start_detached(), "mind");
    assert_eq!(mind.start_detached(), "mind-2");
    let taken = mind.run(&["run", "--detach", "--agent", "mind", "--session", "mind"]);
    taken.fails(2, "a session `mind` is running");
    let entry = mind.wait_for_state("mind", "running");
    assert_eq!((&entry["agent"], &entry["mode"]), (&"mind".into(), &"detached".into()), "{entry}");
    mind.wait_for_log("mind", "ready-42");

    let several = mind.run(&["session", "stop"]);
    several.fails(2, "several sessions run: `mind`, `mind-2`");
    mind.run(&["session", "send", "mind", "über", "it's"]).success();
    mind.wait_for_log("mind", "heard-über-it's");
    let listed = mind.run(&["list"]).success().stdout();
    assert!(listed.contains("mind,mind-2"), "{listed}");

    // The agents are active sessions.
    let busy = mind.run(&["stop"]);
    busy.fails(1, "2 terminals");

    mind.run(&["session", "remove", "mind"]).fails(1, "session `mind` runs");
    mind.cai(&["session", "send", "mind"]).stdin("exit 7\n").run().success();
    mind.run(&["session", "wait", "mind"]).code(7);
    let entry = mind.session("mind");
    assert_eq!((&entry["state"], &entry["exit_status"]), (&"ended".into(), &7.into()), "{entry}");
    mind.run(&["session", "send", "mind", "x"]).fails(1, "has ended: exit status 7");
    mind.run(&["session", "send", "mind-2", "die"]).success();
    mind.run(&["session", "wait", "mind-2"]).code(137);
    assert_eq!(mind.session("mind-2")["signal"], 9);
    mind.run(&["session", "remove", "mind", "mind-2"]).success();
    assert_eq!(mind.run(&["session", "list", "--json"]).success().line(), "[]");
    mind.run(&["session", "logs", "mind"]).fails(1, "there is no session `mind`");

    assert_eq!(mind.start_detached(), "mind");
    mind.wait_for_log("mind", "ready-42");
    mind.run(&["session", "stop"]).success().prints("mind\n");
    assert_eq!(mind.session("mind")["signal"], 15);
}

#[test]
fn variables_of_one_session_reach_no_other() {
    let mind = MindWorkspace::new("variables");
    let with = ["run", "--detach", "--agent", "mind", "-e", "SECRET=x1"];
    mind.run(&with).success().prints("mind\n");
    assert_eq!(mind.start_detached(), "mind-2");
    for (name, secret) in [("mind", "secret-x1"), ("mind-2", "secret-none")] {
        mind.run(&["session", "send", name, "secret"]).success();
        mind.wait_for_log(name, secret);
    }
    // They are in no command line and in no file.
    let script = "grep -alz [x]1 /proc/[0-9]*/cmdline 2>/dev/null; grep -r [x]1 ~/.local/state /run/user/1000/containai-sessions 2>/dev/null; true";
    mind.person.exec(&mind.repository, script).success().prints("");
}

#[test]
fn terminal_can_be_detached_killed_and_attached_again() {
    let mind = MindWorkspace::new("attached");
    let mut terminal = mind.on_terminal(&["run", "--agent", "mind"]);
    terminal.wait_for("ready-42");
    terminal.type_text("\x02d");
    terminal.wait_for("session mind continues");
    assert_eq!(terminal.code(), 0);

    // Another terminal, which is killed.
    let mut terminal = mind.on_terminal(&["attach"]);
    terminal.wait_for("ready-42");
    terminal.type_text("one\r");
    terminal.wait_for("heard-one");
    terminal.signal(Signal::SIGKILL);
    drop(terminal);
    mind.wait_for_state("mind", "running");

    // Two terminals of different sizes; the connection of one is cut.
    let first = mind.on_terminal(&["attach", "-n", "mind"]);
    first.wait_for("heard-one");
    let mut second = mind.cai(&["attach"]).on_terminal(60, 20);
    second.wait_for("heard-one");
    second.type_text("two\r");
    first.wait_for("heard-two");
    mind.person.exec(&mind.repository, "pkill -KILL -f 'sshd.*agent@pts/[0-9]+'; true").success();
    assert_ne!(first.code(), 0);
    drop(second);
    mind.wait_for_state("mind", "running");

    let mut terminal = mind.on_terminal(&["attach"]);
    terminal.wait_for("heard-two");
    terminal.type_text("exit 7\r");
    assert_eq!(terminal.code(), 7);
    let ended = mind.on_terminal(&["attach"]);
    ended.wait_for("heard-two");
    ended.wait_for("session mind has ended: exit status 7");
    ended.wait_for("cai run --agent mind -- --again");
    assert_eq!(ended.code(), 7);
    mind.run(&["attach"]).fails(2, "needs a terminal");
    mind.cai(&["attach"]).on_terminal(19, 5).wait_for("needs 20 and 5");
}

#[test]
fn killed_agents_and_tmux_servers_are_recorded() {
    let mind = MindWorkspace::new("killed");
    let mut terminal = mind.on_terminal(&["run", "--agent", "mind"]);
    terminal.wait_for("ready-42");
    terminal.type_text("die\r");
    terminal.wait_for("ended by signal 9");
    assert_eq!(terminal.code(), 137);

    let terminal = mind.on_terminal(&["run", "--agent", "mind"]);
    terminal.wait_for("ready-42");
    mind.person.exec(&mind.repository, "pkill -KILL -x 'tmux: server'").success();
    assert_eq!(terminal.code(), 129);
    assert_eq!(mind.session("mind")["signal"], 1);
    // The name is free again.
    assert_eq!(mind.start_detached(), "mind");
    mind.wait_for_log("mind", "ready-42");
}

#[test]
fn conversation_continues_after_a_restart_of_the_container() {
    let mind = MindWorkspace::new("restarted");
    assert_eq!(mind.start_detached(), "mind");
    mind.wait_for_log("mind", "ready-42");
    mind.run(&["stop", "--force"]).success();
    let stopped = mind.run(&["session", "logs", "mind"]);
    stopped.fails(1, "is stopped").stderr_contains("cai attach");
    assert_eq!(mind.run(&["session", "list", "--json"]).success().line(), "[]");
    let mut terminal = mind.on_terminal(&["attach"]);
    terminal.wait_for("Continue its conversation (`mind --again`)?");
    terminal.type_text("y");
    terminal.wait_for("resumed-42");
    terminal.type_text("exit 3\r");
    assert_eq!(terminal.code(), 3);

    // A container whose processes are killed.
    assert_eq!(mind.start_detached(), "mind");
    mind.wait_for_log("mind", "ready-42");
    let id =
        mind.person.container(mind.repository.path())["Id"].as_str().expect("an id").to_owned();
    mind.person.api().post(&format!("/containers/{id}/kill"), &Value::Null);
    let mut terminal = mind.on_terminal(&["attach"]);
    terminal.wait_for("Continue its conversation");
    terminal.type_text("n");
    terminal.wait_for("session mind has ended: interrupted");
    assert_eq!(terminal.code(), 1);
}

#[test]
fn agents_that_wait_notify() {
    let mind = MindWorkspace::new("waiting");
    let note = mind.person.beside("note");
    let command = format!(
        "command:echo \"$CONTAINAI_SESSION_NAME $CONTAINAI_SESSION_STATE\" > {}",
        note.display()
    );
    mind.run(&["config", "set", "-g", "session.notify", &command]).success();
    assert_eq!(mind.start_detached(), "mind");
    mind.run(&["session", "send", "mind", "bell"]).success();
    mind.run(&["session", "wait"]).code(0).stderr_contains("session mind waits for you");
    assert_eq!(fs::read_to_string(&note).ok().as_deref(), Some("mind waits for you\n"));
    assert_eq!(mind.session("mind")["state"], "waiting");
    mind.run(&["session", "send", "mind", "exit", "4"]).success();
    // The bell still rings, so the wait is over at once until a terminal is attached.
    mind.wait_for_state("mind", "ended");
    mind.run(&["session", "wait", "mind"]).code(4);
    assert_eq!(fs::read_to_string(&note).ok().as_deref(), Some("mind ended with 4\n"));
}

#[test]
fn images_without_tmux_get_a_plain_session() {
    let mind = MindWorkspace::new("plain");
    let no_session = mind.on_terminal(&["run", "--agent", "mind", "--no-session"]);
    no_session.wait_for("ready-42");
    assert_eq!(mind.run(&["session", "list", "--json"]).success().line(), "[]");
    drop(no_session);
    mind.person.exec(&mind.repository, "sudo rm $(command -v tmux)").success();
    let mut terminal = mind.on_terminal(&["run", "--agent", "mind"]);
    terminal.wait_for("the image has no tmux");
    terminal.wait_for("ready-42");
    terminal.type_text("exit 5\r");
    assert_eq!(terminal.code(), 5);
    mind.run(&["run", "--detach", "--agent", "mind"]).fails(1, "the image has no tmux");
}
