//! Aliases, commands of earlier versions, and names of containers as targets.

use std::net::TcpListener;

use containai_tests::Person;

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

#[test]
fn commands_of_earlier_versions_still_work() {
    let person = Person::new();
    let repository = person.repository("earlier");
    let inside = "cd; mkdir -p new && echo '{\"a\":1}' > new/f && mv new/f .claude.json; cai sync";
    let outcome = person.run(&repository, inside);
    outcome.success().prints("~/.claude.json: moved to /mnt/agent-data/claude/claude.json\n");
    let warning = "`cai sync` is deprecated; use `cai links adopt`";
    assert_eq!(outcome.stderr().matches(warning).count(), 1, "{outcome}");

    let name = person.container_name(repository.path());
    let cai = |words: &[&str]| person.cai(words).current_dir(&repository).run();
    let port = free_port().to_string();
    let spec = format!("{port}:localhost:22");
    let added = cai(&["ports", "add", &name, "-L", &spec]);
    added.success().stderr_contains("use `cai forward --background`");
    let listed = cai(&["ports", "list"]);
    listed.success().stderr_contains("use `cai forward list`");
    assert!(listed.stdout().starts_with(&format!("{name}  -L {spec}  (process ")), "{listed}");
    let removed = cai(&["ports", "remove", &port]);
    removed.success().stderr_contains("use `cai forward remove`");
    cai(&["-q", "ports", "list"]).success().prints("");
    let pulled = cai(&["sync-back"]);
    assert_eq!(pulled.status(), 2, "{pulled}");
    pulled.stderr_contains("use `cai workspace pull`");
    for word in ["sync", "sync-back"] {
        assert!(!cai(&["--help"]).stdout().contains(&format!("\n  {word} ")), "{word}");
    }
}

#[test]
fn targets_are_names_or_paths() {
    let person = Person::new();
    let repository = person.repository("named");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let path = repository.path().to_str().expect("text").to_owned();
    let elsewhere = person.beside("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a directory");
    let cai = |words: &[&str]| person.cai(words).current_dir(&elsewhere).run();
    for target in [&[name.as_str()][..], &[&path], &["--container", &name], &["--workspace", &path]]
    {
        let with = |words: &[&str]| cai(&[words, target].concat());
        with(&["status"]).success();
        with(&["links", "check"]).success().prints("");
        with(&["forward", "list"]).success().prints("");
        assert!(with(&["open", "--print"]).success().stdout().contains(&name));
        assert!(with(&["ssh", "config"]).success().stdout().contains(&name));
    }
    cai(&["run", &name, "--", "pwd"]).success().prints("/home/agent/workspace\n");
    cai(&["run", "no-such"]).fails(1, "neither a container nor a directory");

    assert_eq!(cai(&["ps", "-q"]).stdout(), cai(&["list", "-q"]).stdout());
    assert_eq!(cai(&["images"]).stdout(), cai(&["image", "list"]).stdout());
    cai(&["rm", &name]).success();
    assert!(!cai(&["ls", "-q"]).success().stdout().contains(&name));
}
