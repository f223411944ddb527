//! Invalid input, refused before anything is created.

use std::fs;

use containai_tests::Person;

#[test]
fn workspace_must_be_a_directory() {
    let person = Person::new();
    let file = person.beside("file");
    fs::write(&file, "").expect("a file can be written");
    let refused = |path: &str, fragment: &str| {
        person.cai(["run", path, "--", "true"]).run().fails(2, fragment);
        person.cai(["exec", "--workspace", path, "--", "true"]).run().fails(2, fragment);
    };
    refused("/no/such/place", "there is no directory `/no/such/place`");
    refused(&file.display().to_string(), "is not a directory");
}

#[test]
fn root_and_home_are_refused_unless_forced() {
    let person = Person::new();
    person.cai(["run", "/", "--", "true"]).run().fails(2, "`/` is the whole file system");
    let home = person.home().display().to_string();
    person.cai(["run", &home, "--", "true"]).run().fails(2, "is your home directory");
    person.cai(["run", "--", "true"]).run().fails(2, "is your home directory");
    fs::write(person.home().join("note"), "mine\n").expect("a file can be written");
    let forced = ["run", "--force", "--image", "base", &home, "--", "cat", "note"];
    let keys = person.home().join(".config/containai").display().to_string();
    person.cai(forced).run().success().prints("mine\n").stderr_contains(&keys);
}

#[test]
fn invalid_command_lines_are_refused() {
    let person = Person::new();
    let repository = person.repository("senseless");
    for args in [
        &["run", "--image", "UPPER case", "--", "true"][..],
        &["run", "--image", "", "--", "true"],
        &["run", "--memory", "much", "--", "true"],
        &["run", "--cpus", "0", "--", "true"],
        &["run", "--data-volume", "a b", "--", "true"],
        &["run", "--isolation", "none", "--", "true"],
        &["run", "--image-source", "magic", "--", "true"],
        &["run", "--no-such-flag"],
        &["stauts"],
        &["exec"],
        &["--docker-host", "nonsense", "status"],
    ] {
        let outcome = person.cai(args).current_dir(&repository).run();
        outcome.code(2).prints("");
        let errors = outcome.stderr().lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{outcome}");
        outcome.stderr_lacks("panicked");
    }
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn too_small_limits_are_refused() {
    let person = Person::new();
    let repository = person.repository("tiny");
    let run = ["run", "--memory", "1m", "--image", "base", "--", "true"];
    person.cai(run).current_dir(&repository).run().code(2).prints("").stderr_contains("error:");
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn invalid_configuration_is_reported_with_its_position() {
    let person = Person::new();
    let repository = person.repository("configured");
    person.configure("[ssh]\nport_range_start = \"low\"\n");
    let outcome = person.cai(["run", "--", "true"]).current_dir(&repository).run();
    outcome.code(2).prints("").stderr_contains("config.toml:2").stderr_contains("error:");
}

#[test]
fn missing_container_is_named() {
    let person = Person::new();
    let repository = person.repository("absent");
    for verb in ["status", "stop"] {
        person.cai([verb]).current_dir(&repository).run().fails(1, "no container serves");
        person.cai([verb, "--container", "Bad Name!"]).run().fails(1, "Bad Name!");
    }
    person.exec(&repository, "true").fails(1, "no container serves");
}

#[test]
fn unusual_directory_names_become_valid_container_names() {
    let person = Person::new();
    for name in ["_x_", "Ünï códe", "-- dash", "a'b\"c", "..dots.."] {
        let repository = person.repository(name);
        person.run(&repository, "cat README").success().prints("hello\n");
        let container = person.container_name(repository.path());
        assert!(container.len() <= 24, "{container}");
    }
}

#[test]
fn forbidden_mounts_are_refused_before_planning() {
    let person = Person::new();
    for path in ["/etc", "/proc/sys", "/dev/shm"] {
        for words in [&["--dry-run"][..], &["--", "true"]] {
            let args = ["run", "--force", "--image", "base", path];
            let outcome = person.cai(args.iter().chain(words).copied()).run();
            outcome.fails(2, &format!("refusing to mount `{path}`")).prints("");
            outcome.stderr_lacks("creating container");
        }
    }
}

#[test]
fn removed_working_directory_affects_only_commands_that_need_it() {
    let person = Person::new();
    let repository = person.repository("elsewhere");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let gone = person.beside("gone");
    let leave = "mkdir \"$0\" && cd \"$0\" && rmdir \"$0\" && exec \"$@\"";
    let cai = |words: &[&str]| {
        let shell = ["sh", "-c", leave, gone.to_str().expect("text")];
        person.cai(words).prefixed_with(shell).run()
    };
    assert!(cai(&["list", "-q"]).success().stdout().contains(&name));
    cai(&["exec", "--container", &name, "--", "echo", "here"]).success().prints("here\n");
    cai(&["run", "--dry-run"])
        .fails(2, "there is no directory")
        .stderr_contains("gone")
        .stderr_contains("--workspace");
}

#[test]
fn refusals_have_a_hint() {
    let person = Person::new();
    let repository = person.repository("hints");
    let check = |words: &[&str], code: u8, fragment: &str, hint: &str| {
        person
            .cai(words)
            .current_dir(&repository)
            .run()
            .fails(code, fragment)
            .stderr_contains(hint);
    };
    check(&["status", "nobody"], 1, "neither a container nor", "`cai list`");
    check(&["stop", "--container", "nobody"], 1, "no container `nobody`", "`cai list`");
    let odd = repository.join("a\nb");
    fs::create_dir(&odd).expect("a directory can be made");
    let odd = odd.to_str().expect("text");
    check(&["run", "--dry-run", odd], 2, "a control character", "a plain text name");
    fs::write(repository.join("long"), format!("A={}", "x".repeat(200_000)))
        .expect("a file can be written");
    check(&["exec", "--env-file", "long", "--", "true"], 2, "128 KiB", "a file of the workspace");
    check(&["exec", "--env-file", "none", "--", "true"], 2, "cannot read `none`", "--env-file");
    check(&["import", "--from", "none"], 2, "cannot import from", "--from");
    let full =
        person.cai(["version"]).prefixed_with(["sh", "-c", "exec \"$@\" >/dev/full", "sh"]).run();
    full.fails(1, "cannot write to standard output").stderr_contains("No space left");
}
