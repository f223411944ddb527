//! Variables for a command, and detached commands.

use std::fs;
use std::time::{Duration, Instant};

use containai_tests::{Person, output_of, wait_until};

const SECRET: &str = "hush 'x' $y \\z";

/// Returns the command lines of all processes of the machine, including those of containers.
fn command_lines() -> String {
    let entries = fs::read_dir("/proc").expect("there are processes").flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_reach_the_command_and_are_on_no_command_line() {
    let person = Person::new();
    let repository = person.repository("variables");
    person.run(&repository, "true").success();
    let file = person.beside("variables.env");
    fs::write(&file, "# of a file\nA=from the file\nB=b\nTOKEN\n").expect("it can be written");
    let file = file.to_str().expect("a path that is text").to_owned();
    for own in [true, false] {
        let mux: &[&str] = if own { &["--no-mux"] } else { &[] };
        let script = "printf '<%s>' \"$TOKEN\" \"$A\" \"$B\" \"$PATH\" \"${CONTAINAI_ENV-none}\"; \
                      touch /tmp/there; cat; rm /tmp/there";
        let args = ["exec", "-e", "A=first", "-e", "PATH=/usr/bin:/bin:/x", "--env-file", &file];
        let words = mux.iter().copied().chain(args).chain(["--", "sh", "-c", script]);
        let mut running = person.cai(words).current_dir(&repository).env("TOKEN", SECRET).start();
        let expected = format!("<{SECRET}><first><b></usr/bin:/bin:/x><none>");
        let printed = || (running.stdout() == expected).then_some(());
        wait_until(Duration::from_secs(60), "the values", printed);
        let lines = command_lines();
        assert!(lines.contains("touch /tmp/there"), "the container's processes are seen");
        assert!(!lines.contains("hush"), "{lines}");
        running.feed_stdin(Vec::new());
        running.outcome().success().stderr_lacks("hush");
    }
    let refused =
        person.cai(["exec", "-e", "1A=hush", "--", "true"]).current_dir(&repository).run();
    refused.fails(2, "not a valid environment variable name").stderr_lacks("hush");

    let shell = person.cai(["shell", "-e", "TOKEN"]).current_dir(&repository).env("TOKEN", SECRET);
    shell.stdin("printf %s \"$TOKEN\"\n").run().success().prints(SECRET);
}

#[test]
fn values_of_several_lines_are_whole() {
    let person = Person::new();
    let repository = person.repository("several-lines");
    let key = "-----BEGIN-----\nabc=\n-----END-----";
    fs::write(repository.join(".env"), format!("KEY=\"{key}\"\nNEXT=1\nBAD=\"open\n"))
        .expect("a file can be written");
    fs::create_dir(repository.join(".containai")).expect("a directory can be made");
    fs::write(
        repository.join(".containai/config.toml"),
        "env.import = ['KEY', 'NEXT', 'BAD', 'OWN']\nenv.env_file = '.env'\nenv.from_host = true\n",
    )
    .expect("a file can be written");
    person.cai(["trust", "--yes"]).current_dir(&repository).run().success();
    let script = "printf '<%s>' \"$KEY\" \"$NEXT\" \"$OWN\" \"${abc-none}\"";
    let run = person.cai(["run", "--image", "base", "--", "sh", "-c", script]);
    let outcome = run.current_dir(&repository).env("OWN", "1\n2").run();
    outcome
        .success()
        .prints(&format!("<{key}><1><1\n2><none>"))
        .stderr_contains("`KEY` has several lines")
        .stderr_contains("`BAD` in `.env` is ignored");
    let exec = ["exec", "--env-file", ".env", "--", "sh", "-c", script];
    let outcome = person.cai(exec).current_dir(&repository).env("OWN", "1\n2").run();
    outcome.success().prints(&format!("<{key}><1><1\n2><none>"));
    // sshd reads them line by line, so plain sessions get the others.
    let mut ssh = person.openssh("ssh");
    ssh.arg(person.alias(repository.path())).arg("echo ${KEY-none} $NEXT ${abc-none}");
    assert_eq!(output_of(&mut ssh), "none 1 none\n");
}

#[test]
fn detached_command_runs_on() {
    let person = Person::new();
    let repository = person.repository("detached");
    let script = "trap '' HUP; echo out-$MARK; echo err-$MARK >&2; sleep 5; echo done-$MARK";
    let words = ["run", "--image", "base", "-d", "-e", "MARK=mark", "--", "sh", "-c", script];
    let outcome = person.cai(words).current_dir(&repository).run();
    let pid = outcome.success().stderr_contains("journal").line();
    let alive = format!("test -d /proc/{pid} && tr '\\0' ' ' < /proc/{pid}/cmdline");
    assert!(person.exec(&repository, &alive).success().stdout().starts_with("sh -c trap"));
    let journal = format!("journalctl --quiet --output=cat _PID={pid}");
    let late = Instant::now() + Duration::from_secs(40);
    let text = wait_until(Duration::from_secs(60), "the output", || {
        let text = person.exec(&repository, &journal).success().stdout();
        (text.contains("done-mark") || Instant::now() > late).then_some(text)
    });
    let is_whole = ["out-mark", "err-mark", "done-mark"].iter().all(|it| text.contains(it));
    let all = || person.exec(&repository, "journalctl --output=short-full --lines=50").stdout();
    assert!(is_whole, "{text}---\n{}", all());

    let detach = |words: &[&str]| {
        let words = ["exec", "--detach", "--"].iter().chain(words);
        person.cai(words.copied().collect::<Vec<_>>()).current_dir(&repository).run()
    };
    detach(&["no-such-program"]).code(127).prints("").stderr_contains("no-such-program: not found");
    detach(&["/etc/passwd"]).code(127).prints("").stderr_contains("/etc/passwd");
    detach(&["sleep", "0"]).success();
}

#[test]
fn variable_file_is_not_read_through_a_planted_link() {
    let person = Person::new();
    let repository = person.repository("planted-env");
    let secret = person.beside("secret");
    fs::write(&secret, "PLANTED=leaked\n").expect("a file can be written");
    person.run(&repository, &format!("ln -s {} .env; echo PLANTED=mine > own", secret.display()));
    let read = |file: &str| {
        let exec = ["exec", "--env-file", file, "--", "printenv", "PLANTED"];
        person.cai(exec).current_dir(&repository).run()
    };
    read(".env").fails(2, "the path contains a symbolic link that is not followed");
    read("own").success().prints("mine\n");
    read(&secret.display().to_string()).success().prints("leaked\n");
}
