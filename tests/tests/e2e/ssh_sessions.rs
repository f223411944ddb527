//! SSH configurations, terminals and directories of people.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Cai, Engine, Person, Repository, Running, output_of, wait_until};
use nix::sys::signal::Signal;

/// Returns the file of OpenSSH's configuration, in an existing directory.
fn ssh_config(person: &Person<'_>) -> std::path::PathBuf {
    fs::create_dir_all(person.home().join(".ssh")).expect("a directory can be made");
    person.home().join(".ssh/config")
}

#[test]
fn configuration_that_cannot_be_written_is_reported_once() {
    let person = Person::new();
    let repository = person.repository("read-only-config");
    let config = ssh_config(&person);
    symlink("/nonexistent/store/config", &config).expect("a link can be made");
    let line = format!("Include {}/.ssh/containai.d/*.conf", person.home().display());
    let first = person.run(&repository, "echo reached");
    first.success().prints("reached\n").stderr_contains(&line).stderr_contains("entity not found");
    let again = || {
        let run = ["--no-mux", "run", "--image", "base", "--", "echo", "reached"];
        let outcome = person.cai(run).current_dir(&repository).run();
        outcome.success().prints("reached\n");
        outcome
    };
    again().stderr_lacks("Include");
    person.cai(["setup", "--yes"]).run().success();

    // Another problem is another warning.
    fs::remove_file(&config).expect("a file can be removed");
    let own = b"# caf\xe9 \xff\r\nHost x\r\n\tUser a\0b\r\n";
    fs::write(&config, own).expect("a file can be written");
    fs::set_permissions(&config, Permissions::from_mode(0o400)).expect("root may do that");
    again().stderr_contains("it is read-only").stderr_contains(&line);
    again().stderr_lacks("read-only");
    assert_eq!(fs::read(&config).expect("it exists"), own);

    fs::set_permissions(&config, Permissions::from_mode(0o600)).expect("root may do that");
    again().stderr_contains("added an `Include`");
    let written = fs::read(&config).expect("it exists");
    assert!(written.starts_with(line.as_bytes()) && written.ends_with(own));
    again().stderr_lacks("Include");
}

#[test]
fn session_needs_no_ssh_directory() {
    let person = Person::new();
    let repository = person.repository("no-ssh-directory");
    fs::write(person.home().join(".ssh"), "a file\n").expect("a file can be written");
    let outcome = person.run(&repository, "echo reached");
    outcome.success().prints("reached\n").stderr_contains("plain `ssh` finds no container");
    outcome.stderr_contains("plain `ssh` does not know this container");
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    assert!(person.home().join(".ssh").is_file());
}

#[test]
fn second_home_directory_with_another_key_is_let_in() {
    let person = Person::new();
    let repository = person.repository("two-homes");
    person.run(&repository, "true").success();
    let other = person.beside("other-home");
    fs::create_dir(&other).expect("a directory can be made");
    let from = |home: &Path| {
        let exec = ["--no-mux", "exec", "--", "echo", "reached"];
        Cai::new(home, Engine::shared()).args(exec).current_dir(&repository).run()
    };
    from(&other).success().prints("reached\n");
    from(&person.home()).success().prints("reached\n");
    let keys =
        person.exec(&repository, "sudo cat /etc/containai/authorized_keys").success().stdout();
    assert_eq!(keys.lines().count(), 2, "{keys}");
    from(&other).success();
    let same = person.exec(&repository, "sudo cat /etc/containai/authorized_keys").stdout();
    assert_eq!(same, keys);
}

#[test]
fn commands_start_in_the_corresponding_directory() {
    let person = Person::new();
    let repository = person.repository("corresponding");
    let below = repository.join("src/a b");
    fs::create_dir_all(&below).expect("a directory can be made");
    person.run(&below, "pwd").success().prints("/home/agent/workspace/src/a b\n");
    person.exec(&below, "pwd").success().prints("/home/agent/workspace/src/a b\n");
    let mut shell = person.cai(["shell"]).current_dir(&below).on_terminal(100, 30);
    shell.type_text("pwd; exit\r");
    shell.wait_for("/home/agent/workspace/src/a b");
    assert_eq!(shell.code(), 0);
    // The directory is another one inside.
    person.exec(&repository, "mount | grep -q workspace && sudo mount -t tmpfs none src").success();
    person.exec(&below, "pwd").success().prints("/home/agent/workspace\n");
}

/// Returns a call of `ssh` as the person, with a terminal.
fn ssh(person: &Person<'_>, term: &str) -> Command {
    let mut ssh = person.openssh("ssh");
    ssh.arg("-tt").env("HOME", person.home()).env("TERM", term).env("COLORTERM", "truecolor");
    ssh
}

#[test]
fn plain_ssh_starts_a_stopped_container_in_its_workspace() {
    let person = Person::new();
    let repository = person.repository("plain");
    person.run(&repository, "true").success();
    let alias = person.alias(repository.path());
    person.cai(["stop"]).current_dir(&repository).run().success();
    let shown = output_of(person.openssh("ssh").env("HOME", person.home()).args([&alias, "pwd"]));
    assert_eq!(shown, "/home/agent\n", "programs that transfer files start there");

    // A setting turns it off.
    person.cai(["stop"]).current_dir(&repository).run().success();
    person.cai(["config", "set", "ssh.auto_start", "false"]).run().success();
    let refused = person.openssh("ssh").env("HOME", person.home()).args([&alias, "pwd"]).output();
    let refused = refused.expect("ssh is installed");
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(stderr.contains("is stopped, and `ssh.auto_start` is off"), "{stderr}");
    assert!(!refused.status.success());
    assert_eq!(person.container(repository.path())["State"]["Running"], false);
    person.cai(["config", "unset", "ssh.auto_start"]).run().success();

    let command = output_of(ssh(&person, "xterm").args([&alias, "pwd; cd; bash -c pwd"]));
    assert_eq!(command, "/home/agent/workspace\r\n/home/agent\r\n");
    let script = "printf '%s ' $TERM $COLORTERM; tput colors";
    let known = output_of(ssh(&person, "xterm-ghostty").args([&alias, script]));
    assert_eq!(known, "xterm-ghostty truecolor 256\r\n");
    let unknown = output_of(ssh(&person, "no-such-term").args([&alias, script]));
    assert_eq!(unknown, "xterm-256color truecolor 256\r\n");

    let mut login = ssh(&person, "no-such-term");
    let mut terminal = containai_tests::Terminal::start(
        login.arg(&alias).env("PATH", "/usr/bin:/bin").current_dir(person.home()),
        100,
        30,
    );
    terminal.type_text("echo \"$PWD $TERM\"; exit\r");
    terminal.wait_for("/home/agent/workspace xterm-256color");
    assert_eq!(terminal.code(), 0);
}

#[test]
fn terminal_of_the_host_is_known_inside() {
    let person = Person::new();
    let repository = person.repository("terminals");
    person.run(&repository, "true").success();
    let script = "tput colors; echo \"$TERM $COLORTERM ${TERM_PROGRAM-none}.\"";
    let check = |term: &str, expected: &str| {
        let exec = person.cai(["exec", "--", "sh", "-c", script]).current_dir(&repository);
        let terminal = exec.env("TERM", term).env("COLORTERM", "truecolor").on_terminal(100, 30);
        terminal.wait_for(expected);
        assert_eq!(terminal.code(), 0);
    };
    for term in ["xterm-kitty", "xterm-ghostty", "alacritty", "wezterm", "foot"] {
        check(term, &format!("256\r\n{term} truecolor none."));
    }
    check("no-such-term", "256\r\nxterm-256color truecolor none.");
    // 88 colors distinguish the entry of this machine from others.
    let source = person.beside("source");
    fs::write(&source, "own-term|a terminal of this machine,\n\tcolors#88, cols#80, lines#24,\n")
        .expect("a file can be written");
    let database = person.home().join(".terminfo");
    output_of(Command::new("tic").arg("-o").arg(&database).arg(&source));
    check("own-term", "88\r\nown-term truecolor none.");
    let inside =
        person.exec(&repository, "cat ~/.terminfo/o/own-term").success().bytes().to_owned();
    assert_eq!(inside, fs::read(database.join("o/own-term")).expect("tic wrote it"));
}

#[test]
fn killed_client_ends_its_command() {
    let person = Person::new();
    let repository = person.repository("killed");
    person.run(&repository, "true").success();
    for (option, seconds) in [("--no-mux", "4322"), ("--quiet", "4323")] {
        person.exec(&repository, "true").success();
        let running = start_sleep(&person, &repository, option, seconds);
        running.signal(Signal::SIGKILL);
        running.outcome();
        let is_gone = format!("! pgrep -fx 'sleep {seconds}'");
        wait_until(Duration::from_secs(60), option, || {
            (person.exec(&repository, &is_gone).status() == 0).then_some(())
        });
    }
}

/// Starts a command whose process writes nothing, below another process.
fn start_sleep(
    person: &Person<'_>,
    repository: &Repository,
    option: &str,
    seconds: &str,
) -> Running {
    let script = format!("echo started; exec >/dev/null 2>&1; sleep {seconds}; true");
    let exec = [option, "exec", "--", "sh", "-c", &script];
    let running = person.cai(exec).current_dir(repository).start();
    wait_until(Duration::from_secs(60), "the command starts", || {
        running.stdout().contains("started").then_some(())
    });
    running
}
