//! What makes no sense is refused before anything is made.

use std::fs;

use containai_tests::Person;

#[test]
fn a_workspace_has_to_be_a_directory() {
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
fn the_root_and_the_home_are_refused_unless_forced() {
    let person = Person::new();
    person.cai(["run", "/", "--", "true"]).run().fails(2, "`/` is the whole file system");
    let home = person.home().display().to_string();
    person.cai(["run", &home, "--", "true"]).run().fails(2, "is your home directory");
    person.cai(["run", "--", "true"]).run().fails(2, "is your home directory");
    fs::write(person.home().join("note"), "mine\n").expect("a file can be written");
    let forced = ["run", "--force", "--image", "base", &home, "--", "cat", "note"];
    let keys = person.home().join(".config/containai").display().to_string();
    person.cai(forced).run().success().prints("mine\n").tells(&keys);
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
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
        let outcome = person.cai(args).inside(&repository).run();
        outcome.code(2).prints("");
        let errors = outcome.stderr().lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{outcome}");
        outcome.keeps_quiet_about("panicked");
    }
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn a_limit_that_nothing_can_run_in_is_refused() {
    let person = Person::new();
    let repository = person.repository("tiny");
    let run = ["run", "--memory", "1m", "--image", "base", "--", "true"];
    person.cai(run).inside(&repository).run().code(2).prints("").tells("error:");
    assert_eq!(person.containers(repository.path()).len(), 0);
}

#[test]
fn a_configuration_that_makes_no_sense_is_named_with_its_place() {
    let person = Person::new();
    let repository = person.repository("configured");
    person.configure("[ssh]\nport_range_start = \"low\"\n");
    let outcome = person.cai(["run", "--", "true"]).inside(&repository).run();
    outcome.code(2).prints("").tells("config.toml:2").tells("error:");
}

#[test]
fn a_container_that_is_not_there_is_named() {
    let person = Person::new();
    let repository = person.repository("absent");
    for verb in ["status", "stop"] {
        person.cai([verb]).inside(&repository).run().fails(1, "no container serves");
        person.cai([verb, "--container", "Bad Name!"]).run().fails(1, "Bad Name!");
    }
    person.exec(&repository, "true").fails(1, "no container serves");
}

#[test]
fn odd_directory_names_become_names_that_docker_takes() {
    let person = Person::new();
    for name in ["_x_", "Ünï códe", "-- dash", "a'b\"c", "..dots.."] {
        let repository = person.repository(name);
        person.run(&repository, "cat README").success().prints("hello\n");
        let container = person.container_name(repository.path());
        assert!(container.len() <= 24, "{container}");
    }
}

#[test]
fn what_is_mounted_for_nobody_is_refused_before_anything_is_planned() {
    let person = Person::new();
    for path in ["/etc", "/proc/sys", "/dev/shm"] {
        for words in [&["--dry-run"][..], &["--", "true"]] {
            let args = ["run", "--force", "--image", "base", path];
            let outcome = person.cai(args.iter().chain(words).copied()).run();
            outcome.fails(2, &format!("refusing to mount `{path}`")).prints("");
            outcome.keeps_quiet_about("creating container");
        }
    }
}

#[test]
fn a_directory_that_is_gone_hinders_only_what_needs_it() {
    let person = Person::new();
    let repository = person.repository("elsewhere");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let gone = person.beside("gone");
    let leave = "mkdir \"$0\" && cd \"$0\" && rmdir \"$0\" && exec \"$@\"";
    let cai = |words: &[&str]| {
        let shell = ["sh", "-c", leave, gone.to_str().expect("text")];
        person.cai(words).behind(shell).run()
    };
    assert!(cai(&["list", "-q"]).success().stdout().contains(&name));
    cai(&["exec", "--container", &name, "--", "echo", "here"]).success().prints("here\n");
    cai(&["run", "--dry-run"]).fails(2, "there is no directory").tells("gone").tells("--workspace");
}

#[test]
fn what_is_refused_says_what_to_do_next() {
    let person = Person::new();
    let repository = person.repository("hints");
    let tells = |words: &[&str], code: u8, fragment: &str, hint: &str| {
        person.cai(words).inside(&repository).run().fails(code, fragment).tells(hint);
    };
    tells(&["status", "nobody"], 1, "neither a container nor", "`cai list`");
    tells(&["stop", "--container", "nobody"], 1, "no container `nobody`", "`cai list`");
    let odd = repository.join("a\nb");
    fs::create_dir(&odd).expect("a directory can be made");
    let odd = odd.to_str().expect("text");
    tells(&["run", "--dry-run", odd], 2, "a control character", "a name of plain text");
    fs::write(repository.join("long"), format!("A={}", "x".repeat(200_000))).expect("written");
    tells(&["exec", "--env-file", "long", "--", "true"], 2, "128 KiB", "a file of the workspace");
    tells(&["exec", "--env-file", "none", "--", "true"], 2, "cannot read `none`", "--env-file");
    tells(&["import", "--from", "none"], 2, "cannot import from", "--from");
    let full = person.cai(["version"]).behind(["sh", "-c", "exec \"$@\" >/dev/full", "sh"]).run();
    full.fails(1, "cannot write to the standard output").tells("No space left");
}
