//! Settings, suggestions of repositories, and variables of every session.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use containai_tests::{Person, Repository};

/// Adds to the person's configuration.
fn configure(person: &Person<'_>, more: &str) {
    let path = person.home().join(".config/containai/config.toml");
    let text = fs::read_to_string(&path).expect("a person has a configuration");
    fs::write(&path, format!("{more}{text}")).expect("a file can be written");
}

fn suggest(repository: &Repository, text: &str) {
    let directory = repository.path().join(".containai");
    fs::create_dir_all(&directory).expect("a directory can be made");
    fs::write(directory.join("config.toml"), text).expect("a file can be written");
}

#[test]
fn settings_are_set_listed_and_unset() {
    let person = Person::new();
    let repository = person.repository("settings");
    let config =
        |words: &[&str]| person.cai([&["config"], words].concat()).current_dir(&repository);
    let path = config(&["path"]).run().line();
    let before = fs::read_to_string(&path).expect("a person has a configuration");
    fs::write(&path, format!("# mine\n{before}")).expect("a file can be written");

    config(&["set", "agent.default", "codex"]).run().success().prints("");
    config(&["set", "agent.default", "clade"]).run().fails(2, "no manifest describes the agent");
    config(&["set", "env.import", "[\"A\", \"B\"]", "--global"]).run().success();
    assert_eq!(config(&["get", "env.import"]).run().stdout(), "A\nB\n");
    config(&["unset", "env.import"]).run().success();
    assert_eq!(config(&["get", "agent.default"]).run().line(), "codex");
    let source = config(&["get", "agent", "--source"]).env("CONTAINAI_AGENT", "pi").run().line();
    assert_eq!(source, "pi\tenvironment:CONTAINAI_AGENT");
    config(&["set", "agent.default", "codex"]).run().success().stderr_lacks("overrides it");
    let overridden = config(&["set", "agent.default", "codex"]).env("CONTAINAI_AGENT", "pi").run();
    overridden.success().stderr_contains("the variable `CONTAINAI_AGENT` overrides it");
    config(&["set", "data_volume", "mine"]).run().success();
    config(&["set", "env.import", "A", "B"]).run().success();
    let text = fs::read_to_string(&path).expect("it exists");
    let section =
        format!("[workspace.\"{}\"]\ndata_volume = \"mine\"", repository.path().display());
    assert!(text.starts_with("# mine\n") && text.contains(&section), "{text}");
    let list = config(&["list", "--json"]).run().success().stdout();
    let list: serde_json::Value = serde_json::from_str(&list).expect("it is JSON");
    let value = |key: &str| {
        let all = list.as_array().expect("a list");
        all.iter().find(|it| it["key"] == key).expect("it is listed").clone()
    };
    assert_eq!(value("data_volume")["value"], "mine");
    assert!(
        value("data_volume")["source"].as_str().expect("a source").starts_with("user-section:")
    );
    assert_eq!(value("env.import")["value"], serde_json::json!(["A", "B"]));

    config(&["set", "agent.defualt", "x"])
        .run()
        .fails(2, "unknown setting")
        .stderr_contains("`agent.default`");
    config(&["set", "ssh.port_range_start", "80"]).run().code(2).stderr_contains("invalid range");
    config(&["set", "ssh.mux", "perhaps"]).run().code(2).stderr_contains("`true` or `false`");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
    config(&["edit"])
        .env("EDITOR", "sed -i s/default/defualt/")
        .run()
        .fails(2, "was not changed")
        .stderr_contains("agent.defualt")
        .stderr_contains("your text is in");
    let copies = || {
        let directory = fs::read_dir(person.home().join(".config/containai"));
        let names = directory.expect("it can be listed").map(|it| it.expect("it exists"));
        names.filter(|it| it.path().extension().is_some_and(|it| it == "toml")).count()
    };
    assert_eq!(copies(), 2);
    config(&["edit"])
        .env("EDITOR", "false")
        .run()
        .fails(1, "`false` ended")
        .stderr_contains("nothing was");
    assert_eq!(copies(), 2);
    assert_eq!(fs::read_to_string(&path).expect("it exists"), text);
    config(&["edit"]).env("EDITOR", "sed -i s/codex/pi/").run().success();
    assert_eq!(config(&["get", "agent.default"]).run().line(), "pi");
    for key in ["agent.default", "data_volume", "env.import"] {
        config(&["unset", key]).run().success();
    }
    let after = fs::read_to_string(&path).expect("it exists");
    assert_eq!(after.trim_end(), format!("# mine\n{before}").trim_end());
}

#[test]
fn repository_suggestions_apply_only_after_approval_of_their_text() {
    let person = Person::new();
    let repository = person.repository("suggesting");
    configure(&person, "image = \"base\"\n");
    let text = "image = \"other\"\n[agent]\ndefault = \"pi\"\n[ssh]\nlocal_forward = [\"9:a:9\"]\nmux = false\n";
    suggest(&repository, text);
    let cai = |words: &[&str]| person.cai(words).current_dir(&repository);
    let image = || cai(&["config", "get", "image"]).run().success().stdout();
    let waits = |outcome: containai_tests::Outcome| {
        outcome
            .success()
            .stderr_contains("asks for `image`")
            .stderr_contains("`ssh.local_forward`")
            .stderr_contains("cai trust");
    };
    waits(cai(&["run", "--dry-run"]).run());
    assert_eq!(image(), "base\n");
    assert_eq!(cai(&["config", "get", "agent.default"]).run().line(), "pi");
    // The container is created from the user's image, not the repository's.
    cai(&["run", "--", "true"]).run().success();
    let made = person.container(repository.path());
    assert!(!made["Config"]["Image"].as_str().expect("an image").contains("other"), "{made}");
    let ssh = |repository: &Repository| {
        let alias = person.alias(repository.path());
        let output = person.openssh("ssh").arg("-G").arg(alias).output().expect("ssh is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(!ssh(&repository).contains("localforward"));

    cai(&["trust"]).run().fails(2, "approval required but stdin is not a terminal");
    assert_eq!(image(), "base\n");
    cai(&["trust", "--yes"]).run().success().stderr_contains("approved");
    assert_eq!(image(), "other\n");
    assert!(
        cai(&["trust", "--list"]).run().stdout().contains(&repository.path().display().to_string())
    );
    cai(&["exec", "--", "true"]).run().success().stderr_lacks("cai trust");
    cai(&["--no-mux", "exec", "--", "true"]).run().success();
    assert!(ssh(&repository).contains("localforward"), "{}", ssh(&repository));
    // Settings of the machine cannot be suggested by a repository, approved or not.
    assert_eq!(cai(&["config", "get", "ssh.mux"]).run().line(), "true");

    suggest(&repository, &format!("{text}# \u{1b}[2J\u{202e}\n"));
    assert_eq!(image(), "base\n");
    suggest(&repository, &format!("{text}remote_forward = [\"7:b:7\"]\n# \u{202e}\n"));
    let run = cai(&["run", "--dry-run"]).run();
    run.stderr_contains("has changed since you approved it");
    assert_eq!(image(), "base\n");
    let shown = cai(&["trust", "--show"]).run().success().stdout();
    assert!(shown.contains("+remote_forward") && shown.contains("+# \\u{202e}"), "{shown}");

    suggest(&repository, text);
    assert_eq!(image(), "other\n");
    cai(&["trust", "--revoke"]).run().success();
    assert_eq!(image(), "base\n");
}

#[test]
fn suggestions_in_special_files_are_refused() {
    let person = Person::new();
    let repository = person.repository("odd");
    configure(&person, "image = \"base\"\n");
    suggest(&repository, "");
    let path = repository.path().join(".containai/config.toml");
    let image = || person.cai(["config", "get", "image"]).current_dir(&repository).run();
    let outside = person.beside("outside.toml");
    fs::write(&outside, "agent.default = 'pi'\n").expect("a file can be written");
    let replaced = |make: &dyn Fn(&Path)| {
        fs::remove_file(&path).expect("it exists");
        make(&path);
        image().success().prints("base\n").stderr_contains("ignored");
        person.cai(["trust", "--yes"]).current_dir(&repository).run().fails(2, "cannot read");
    };
    replaced(&|path| symlink(&outside, path).expect("a link can be made"));
    replaced(&|path| {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
    });
    replaced(&|path| {
        fs::write(path, "#".repeat(70_000)).expect("a file can be written");
    });
}

const SECRET: &str = "hush 'x' $y \\z";

#[test]
fn imported_variables_reach_every_session_and_nothing_else() {
    let person = Person::new();
    let repository = person.repository("imported");
    configure(
        &person,
        "env = { import = [\"TOKEN\", \"OTHER\"], from_host = true, env_file = \".env\" }\n",
    );
    fs::write(repository.path().join(".env"), "OTHER=of the file\nTOKEN=not this\nNOT=listed\n")
        .expect("a file can be written");
    let script = "printf '<%s>' \"$TOKEN\" \"$OTHER\" \"${NOT-none}\"";
    let expected = format!("<{SECRET}><of the file><none>");
    let cai = |words: &[&str]| person.cai(words).current_dir(&repository).env("TOKEN", SECRET);
    let run = cai(&["run", "--image", "base", "--", "sh", "-c", script]).run();
    run.success().prints(&expected).stderr_lacks("hush");
    cai(&["exec", "--", "sh", "-c", script]).run().success().prints(&expected);
    cai(&["shell"]).stdin(format!("{script}\n")).run().success().prints(&expected);
    let nearer = cai(&["exec", "-e", "OTHER=mine", "--", "bash", "-c", script]).run();
    nearer.success().prints(&format!("<{SECRET}><mine><none>"));

    let alias = person.alias(repository.path());
    let ssh = |line: &str, stdin: &str| {
        use std::io::Write as _;
        let mut command: Command = person.openssh("ssh");
        command.arg("-o").arg("BatchMode=yes").arg(&alias).args((!line.is_empty()).then_some(line));
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("ssh is installed");
        child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).expect("it reads");
        String::from_utf8_lossy(&child.wait_with_output().expect("it ends").stdout).into_owned()
    };
    assert_eq!(ssh(script, ""), expected);
    assert_eq!(ssh("bash -s", script), expected);
    assert!(ssh("env", "").contains(&format!("TOKEN={SECRET}\n")));
    assert_eq!(ssh("stat -Lc '%a %U' .ssh/environment", ""), "600 agent\n");

    let container = person.container(repository.path());
    assert!(!container.to_string().contains("hush"), "the engine does not see the value");
    let mut running = cai(&["exec", "--", "sh", "-c", "touch /tmp/there; cat"]).start();
    let there = || person.exec(&repository, "test -e /tmp/there").status() == 0;
    containai_tests::wait_until(std::time::Duration::from_secs(60), "it", || there().then_some(()));
    let entries = fs::read_dir("/proc").expect("there are processes").flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect();
    assert!(
        lines.iter().any(|line| line.contains("touch /tmp/there")),
        "the test sees processes of containers"
    );
    assert!(!lines.iter().any(|line| line.contains("hush")), "{lines:#?}");
    running.feed_stdin(Vec::new());
    running.outcome().success();
    assert!(!person.exec(&repository, "journalctl --no-pager").stdout().contains("hush"));

    // A variable that is no longer imported is gone from the next session on.
    let config = |words: &[&str]| {
        cai(&[&["config"], words].concat()).run().success();
    };
    config(&["set", "env.import", "OTHER"]);
    let less = "<><of the file><none>";
    cai(&["exec", "--", "sh", "-c", script]).run().success().prints(less);
    assert_eq!(ssh(script, ""), less);
    config(&["unset", "env.import"]);
    cai(&["exec", "--", "sh", "-c", "env | grep -c '^OTHER='; true"]).run().success().prints("0\n");
    assert_eq!(
        ssh("ls .ssh/environment; cat .ssh/environment 2>&1 | grep -c OTHER", ""),
        ".ssh/environment\n0\n"
    );
}

#[test]
fn variable_files_must_be_within_the_workspace() {
    let person = Person::new();
    let repository = person.repository("leaking");
    fs::write(person.beside("out.env"), "A=leaked\n").expect("a file can be written");
    symlink("..", repository.path().join("ln")).expect("a link can be made");
    configure(&person, "env = { import = [\"A\"], env_file = \"ln/out.env\" }\n");
    let outcome = person.cai(["run", "--", "true"]).current_dir(&repository).run();
    outcome
        .fails(2, "the path contains a symbolic link that is not followed")
        .stderr_lacks("leaked");
    assert_eq!(person.containers(repository.path()).len(), 0);
}
