//! The main use: one command in a repository.

use containai_tests::Person;

#[test]
fn readme_command_prints_only_the_output_of_the_container() {
    let person = Person::new();
    let repository = person.repository("readme");
    let outcome = person.run(
        &repository,
        "hostname; systemctl is-system-running; \
         docker version --format '{{.Server.Version}}'; cat /etc/os-release",
    );
    let stdout = outcome.success().stdout();
    let mut lines = stdout.lines();
    assert_eq!(lines.next(), Some("readme-main"), "{outcome}");
    assert_eq!(lines.next(), Some("running"), "{outcome}");
    let version = lines.next().unwrap_or_default();
    assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{outcome}");
    let os_release: Vec<_> = lines.collect();
    assert!(os_release.iter().any(|line| line.starts_with("ID=")), "{outcome}");
    assert!(os_release.iter().all(|line| line.is_empty() || line.contains('=')), "{outcome}");
}

#[test]
fn second_run_uses_the_same_container() {
    let person = Person::new();
    let repository = person.repository("again");
    let first = person.run(&repository, "stat -c %Y /proc/1; hostname");
    let id = person.container(repository.path())["Id"].clone();
    let second = person.run(&repository, "stat -c %Y /proc/1; hostname");
    assert_eq!(first.success().stdout(), second.success().stdout());
    assert_eq!(person.container(repository.path())["Id"], id);
}

#[test]
fn subdirectory_of_a_repository_is_the_same_workspace() {
    let person = Person::new();
    let repository = person.repository("below");
    person.run(&repository, "mkdir -p deep/down").success();
    let below = person.run(repository.join("deep/down"), "pwd");
    below.success().prints("/home/agent/workspace/deep/down\n");
    assert_eq!(person.containers(repository.path()).len(), 1);
}

#[test]
fn directory_outside_git_is_the_workspace() {
    let person = Person::new();
    let plain = person.beside("plain");
    std::fs::create_dir(&plain).expect("a directory can be made");
    let outcome = person.run(&plain, "hostname");
    outcome.success().prints("plain-nogit\n");
}

#[test]
fn command_starts_in_the_workspace_as_agent() {
    let person = Person::new();
    let repository = person.repository("where");
    let outcome = person.run(&repository, "pwd; id -un; id -u; cat README");
    outcome.success().prints("/home/agent/workspace\nagent\n1000\nhello\n");
}

#[test]
fn exit_statuses_pass_through() {
    let person = Person::new();
    let repository = person.repository("status");
    person.run(&repository, "exit 0").code(0);
    for code in [1, 3, 111, 127, 255] {
        person.run(&repository, &format!("exit {code}")).code(code).prints("");
        person.exec(&repository, &format!("exit {code}")).code(code).prints("");
    }
    person.exec(&repository, "kill -TERM $$").code(128 + 15);
    person.exec(&repository, "kill -KILL $$").code(128 + 9);
    let missing = person.cai(["exec", "--", "no-such-program"]).current_dir(&repository).run();
    missing.code(127);
}

#[test]
fn stdout_and_stderr_are_unchanged_and_separate() {
    let person = Person::new();
    let repository = person.repository("streams");
    person.run(&repository, "true").success();

    // 8 MiB in which every pair of byte values is adjacent.
    let mut state = 0x9e37_79b9_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    })
    .take(8 << 20)
    .collect();
    for verb in ["run", "exec"] {
        let outcome =
            person.cai([verb, "--", "cat"]).current_dir(&repository).stdin(bytes.clone()).run();
        outcome.success();
        assert!(outcome.bytes() == bytes, "{verb}: {} bytes were received", outcome.bytes().len());
    }

    let outcome = person.exec(&repository, "echo out; echo err >&2");
    outcome.success().prints("out\n").stderr_contains("err\n");
}

#[test]
fn arguments_arrive_unchanged() {
    let person = Person::new();
    let repository = person.repository("words");
    person.run(&repository, "true").success();
    let words = ["a b", "", "$HOME", "'", "\"", "\\", "*", "line\nbreak", "-n", "é😀", "`id`", "!"];
    let mut args = vec!["exec", "--", "printf", "<%s>"];
    args.extend(words);
    let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
    person.cai(args).current_dir(&repository).run().success().prints(&expected);
}

#[test]
fn missing_agent_is_named() {
    let person = Person::new();
    let repository = person.repository("agentless");
    let outcome = person.cai(["run", "--image", "base"]).current_dir(&repository).run();
    outcome.fails(2, "has no agent `claude`");
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn stopped_container_keeps_its_state() {
    let person = Person::new();
    let repository = person.repository("stopped");
    let script = "echo kept | sudo tee /etc/marker /mnt/agent-data/marker >/dev/null; \
                  cat /etc/ssh/ssh_host_ed25519_key.pub";
    let key = person.run(&repository, script).line();
    let id = person.container(repository.path())["Id"].clone();
    person.cai(["stop"]).current_dir(&repository).run().success().prints("");
    let state = person.container(repository.path())["State"].clone();
    assert_eq!(state["Running"], false, "{state}");
    // The kernel ends the init of a halted PID namespace with SIGINT, see reboot(2); a kill after
    // the timeout would be 137.
    assert_eq!(state["ExitCode"], 130, "systemd shut down cleanly: {state}");
    let again = person.exec(
        &repository,
        "cat /etc/marker /mnt/agent-data/marker /etc/ssh/ssh_host_ed25519_key.pub",
    );
    again.success().prints(&format!("kept\nkept\n{key}\n"));
    assert_eq!(person.container(repository.path())["Id"], id);
}

#[test]
fn removed_container_leaves_its_volumes_to_the_next_one() {
    let person = Person::new();
    let repository = person.repository("removed");
    person.run(&repository, "echo kept > /mnt/agent-data/marker").success();
    let name = person.container_name(repository.path());
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    assert_eq!(person.containers(repository.path()).len(), 0);
    let fragment = person.home().join(format!(".ssh/containai.d/containai-{name}.conf"));
    assert!(!fragment.exists(), "{} is left", fragment.display());
    person.run(&repository, "cat /mnt/agent-data/marker").success().prints("kept\n");
    assert!(fragment.exists());
}
