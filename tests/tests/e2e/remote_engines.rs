//! Remote engines, reached by SSH and by TLS.
//!
//! The remote machine is this one behind a server: none of its files and ports are used directly.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use containai_tests::{
    Cai, Engine, Person, Repository, SshServer, TlsServer, output_of, wait_until,
};
use nix::sys::signal::Signal;

/// Returns `cai run --image base -- sh -c SCRIPT`.
fn run(person: &Person<'_>, repository: &Repository, script: &str) -> Cai {
    person.cai(["run", "--image", "base", "--", "sh", "-c", script]).current_dir(repository)
}

fn exec(person: &Person<'_>, repository: &Repository, script: &str) -> Cai {
    person.cai(["exec", "--", "sh", "-c", script]).current_dir(repository)
}

/// Checks that the container has a volume for its workspace and is labelled with this client.
#[track_caller]
fn assert_is_copy(person: &Person<'_>, repository: &Repository) {
    let container = person.container(repository.path());
    let mounts = container["Mounts"].as_array().expect("mounts").clone();
    let workspace = mounts.iter().find(|it| it["Destination"] == "/home/agent/workspace");
    assert_eq!(workspace.map(|it| &it["Type"]), Some(&"volume".into()), "{mounts:#?}");
    assert!(container["Config"]["Labels"]["containai.client"].is_string());
}

#[test]
fn container_is_created_and_used_over_ssh() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("over-ssh");
    let made = server.through(run(&person, &repository, "cat README; pwd; id -un")).run();
    made.success().prints("hello\n/home/agent/workspace\nagent\n");

    // The workspace is a copy that belongs to this machine's client.
    assert_is_copy(&person, &repository);
    server.through(exec(&person, &repository, "echo inside > README")).run().success();
    assert_eq!(fs::read_to_string(repository.join("README")).expect("it exists"), "hello\n");

    // The next command uses a shared connection and returns the exit status.
    server.through(exec(&person, &repository, "exit 7")).run().code(7);
    server.through(person.cai(["status"])).current_dir(&repository).run().success();

    // Plain OpenSSH connects through the same server, to the pinned key.
    let alias = person.alias(repository.path());
    server.through(person.cai(["setup", "--yes"])).run().success();
    assert_eq!(output_of(person.openssh("ssh").args([&alias, "cat workspace/README"])), "inside\n");
    let settings = output_of(person.openssh("ssh").args(["-G", &alias]));
    assert!(settings.contains("proxyjump root@"), "{settings}");
    let there = person.beside("there");
    fs::write(&there, "payload\n").expect("a file can be written");
    output_of(person.openssh("scp").arg(&there).arg(format!("{alias}:/tmp/scp")));
    let back = person.beside("back");
    let cp = person.cai(["cp", ":/tmp/scp", back.to_str().expect("text")]).current_dir(&repository);
    server.through(cp).run().success();
    assert_eq!(fs::read_to_string(&back).expect("the file arrived"), "payload\n");

    // Changes inside survive a stop and the removal of the container.
    server.through(person.cai(["stop"])).current_dir(&repository).run().success();
    let again = server.through(run(&person, &repository, "cat README")).run();
    again.success().prints("inside\n");
    server.through(person.cai(["stop", "--remove"])).current_dir(&repository).run().success();
    let sweep = person.cai(["gc", "--volumes", "--age", "0h", "--dry-run"]);
    let plan = server.through(sweep).run().success().stdout();
    let is_measured = |line: &str| line.ends_with("B)");
    let volumes = plan.lines().filter(|line| line.starts_with("volume"));
    assert!(volumes.clone().count() > 0 && volumes.clone().all(is_measured), "{plan}");
    let again = server.through(run(&person, &repository, "cat README")).run();
    again.success().prints("inside\n");
}

#[test]
fn container_is_created_and_used_over_tls() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = TlsServer::of(&person, engine);
    let repository = person.repository("over-tls");
    server.through(run(&person, &repository, "cat README")).run().success().prints("hello\n");
    assert_is_copy(&person, &repository);
    server.through(exec(&person, &repository, "exit 7")).run().code(7);

    // The OpenSSH configuration does not depend on environment variables.
    server.through(person.cai(["setup", "--yes"])).run().success();
    let alias = person.alias(repository.path());
    let mut ssh = person.openssh("ssh");
    ssh.args([&alias, "cat workspace/README"])
        .env_remove("CONTAINAI_DOCKER_HOST")
        .env("HOME", person.home());
    assert_eq!(output_of(&mut ssh), "hello\n");
    let there = person.beside("there");
    fs::write(&there, vec![7; 4 << 20]).expect("a file can be written");
    let mut scp = person.openssh("scp");
    output_of(scp.arg(&there).arg(format!("{alias}:/tmp/scp")).env("HOME", person.home()));
    let back = person.beside("back");
    let cp = person.cai(["cp", ":/tmp/scp", back.to_str().expect("text")]).current_dir(&repository);
    server.through(cp).run().success();
    assert!(fs::read(&back).expect("the file arrived") == fs::read(&there).expect("it exists"));
    server.through(person.cai(["stop", "--remove"])).current_dir(&repository).run().success();
}

#[test]
fn unknown_ssh_server_is_refused() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("unknown-hop");
    server.distrust();
    let refused = server.through(run(&person, &repository, "true")).run();
    refused.fails(111, "Host key verification failed").stderr_contains("known_hosts");
    assert_eq!(
        fs::read_to_string(server.known_hosts()).expect("it exists"),
        "",
        "no trust on first use"
    );

    let nobody =
        run(&person, &repository, "true").env("CONTAINAI_DOCKER_HOST", "ssh://root@127.0.0.1:1");
    nobody.run().fails(111, "Connection refused");
}

#[test]
fn untrusted_certificates_are_refused() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = TlsServer::of(&person, engine);
    let repository = person.repository("strangers");
    let call = server.through(run(&person, &repository, "true"));
    let stranger = call.clone().env("DOCKER_CERT_PATH", server.untrusted_certificates());
    stranger
        .run()
        .fails(111, "cannot reach the engine at `tcp://")
        .stderr_contains("DOCKER_CERT_PATH");
    let missing = call.clone().env("DOCKER_CERT_PATH", person.beside("nowhere"));
    missing.run().fails(2, "nowhere");
    let nobody = call.env("CONTAINAI_DOCKER_HOST", "tcp://127.0.0.1:1");
    nobody.run().fails(111, "cannot reach the engine at `tcp://127.0.0.1:1`");
}

#[test]
fn clients_with_the_same_path_have_separate_containers() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("same-path");
    server.through(run(&person, &repository, "touch mine")).run().success();
    // The engine's own machine and another one, both with the same path.
    person.run(&repository, "test ! -e mine").success();
    fs::remove_file(person.home().join(".config/containai/client-id"))
        .expect("the client id exists");
    server.through(run(&person, &repository, "test ! -e mine")).run().success();
    assert_eq!(person.containers(repository.path()).len(), 3);
}

#[test]
fn port_in_use_on_the_remote_machine_is_skipped() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("taken-there");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has one").port();
    let range = format!("[ssh]\nport_range_start = {port}\nport_range_end = {}\n", port + 9);
    person.configure(&range);
    server.through(run(&person, &repository, "true")).run().success();
    let container = person.container(repository.path());
    let label = container["Config"]["Labels"]["containai.ssh-port"].as_str().expect("a label");
    assert_ne!(label, port.to_string());
}

#[test]
fn setup_is_refused_for_a_remote_engine() {
    let person = Person::new();
    let refused = person.cai(["--docker-host", "ssh://me@far.example", "setup", "--yes"]).run();
    refused.fails(2, "sets up this machine, not").stderr_contains("cai setup");
}

#[test]
fn sync_back_pulls_changes_and_keeps_local_ones() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("sync");
    let write = |path: &str, text: &str| {
        fs::write(repository.join(path), text).expect("a file can be written");
    };
    let read = |path: &str| fs::read_to_string(repository.join(path)).ok();
    fs::create_dir(repository.join("dir")).expect("a directory can be made");
    for path in ["kept", "theirs", "ours", "both", "dir/gone", "cut"] {
        write(path, "1\n");
    }
    write(".gitignore", "secret\nbuilt/\n");
    write("secret", "token\n");
    let script = "test ! -e secret && git status --porcelain | wc -l";
    let made = server.through(run(&person, &repository, script)).run();
    made.success().prints("7\n").stderr_contains("secret");

    let sync = |options: &[&str]| {
        let words = ["workspace", "pull"].iter().chain(options).copied();
        server.through(person.cai(words)).current_dir(&repository).run()
    };
    sync(&[]).success().prints("").stderr_contains("nothing has changed");
    let script = "echo 2 > theirs; echo 2 > both; rm dir/gone cut; mkdir -p new/x built
        echo n > new/x/y; chmod +x new/x/y; ln -s ../kept new/link; echo b > built/out
        echo 'touch /pwned' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
        git config core.fsmonitor /tmp/evil; mkdir -p sub/.GIT/hooks; echo x > sub/.GIT/hooks/h";
    server.through(exec(&person, &repository, script)).run().success();
    write("ours", "3\n");

    // Without a conflict, with a dry run first.
    let planned = "write new/link\nwrite new/x/y\nwrite both\nwrite theirs\n\
                   remove cut\nremove dir/gone\n";
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&sync(&["--dry-run"]).success().stdout()), sorted(planned));
    assert_eq!(read("theirs").as_deref(), Some("1\n"));

    // With a conflict, nothing is done.
    write("both", "4\n");
    write("cut", "5\n");
    sync(&[])
        .fails(1, "2 files changed on both sides; nothing was pulled")
        .stderr_contains("  both");
    assert_eq!(read("theirs").as_deref(), Some("1\n"));
    sync(&["--force"]).success();
    assert_eq!(read("theirs").as_deref(), Some("2\n"));
    assert_eq!(read("both").as_deref(), Some("2\n"));
    assert_eq!((read("cut"), read("dir/gone")), (None, None));
    assert_eq!(read("ours").as_deref(), Some("3\n"));
    assert_eq!(read("new/link").as_deref(), Some("1\n"));
    let mode =
        fs::metadata(repository.join("new/x/y")).expect("the file arrived").permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    // Files that git would execute here are not pulled.
    for path in [".git/hooks/pre-commit", "built", "sub", "evil"] {
        assert!(!repository.join(path).exists(), "{path}");
    }
    let config = read(".git/config").expect("it exists");
    assert!(!config.contains("evil"), "{config}");
    sync(&[]).success().prints("").stderr_contains("ours");

    // With a local engine the container uses the workspace itself.
    person.run(&repository, "true").success();
    person
        .cai(["workspace", "pull"])
        .current_dir(&repository)
        .run()
        .fails(2, "works on the workspace itself");
}

#[test]
fn interrupted_copy_is_completed() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("interrupted");
    server.through(run(&person, &repository, "true")).run().success();
    let records = person.home().join(".config/containai/copies");
    let record = fs::read_dir(records).expect("it was copied").next().expect("one");
    let record = record.expect("it can be listed").path();
    assert_eq!(fs::metadata(&record).expect("it exists").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&record).expect("it is text");
    fs::write(&record, text.replace("\"complete\"", "\"begun\"")).expect("root may do that");
    server
        .through(person.cai(["workspace", "pull"]))
        .current_dir(&repository)
        .run()
        .fails(1, "not complete");
    fs::write(repository.join("late"), "late\n").expect("a file can be written");
    let completed = server.through(exec(&person, &repository, "cat late")).run();
    completed.success().prints("late\n");
    // A copy without a record is unknown, and stays.
    fs::remove_file(&record).expect("root may do that");
    fs::write(repository.join("late"), "later\n").expect("a file can be written");
    let left = server.through(exec(&person, &repository, "cat late")).run();
    left.success().prints("late\n").stderr_contains("they are kept");
}

#[test]
fn snapshot_is_created_and_used_over_ssh() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("snap-ssh");
    let mark = "echo one | sudo tee /srv/mark > /mnt/agent-data/mark; echo inside > README";
    server.through(run(&person, &repository, mark)).run().success();
    let name = format!("far-{}", std::process::id());
    let snapshot = |words: &[&str]| {
        server.through(person.cai(["snapshot"]).args(words)).current_dir(&repository).run()
    };
    snapshot(&["create", &name]).success();
    // It belongs to this client alone.
    let here = person.cai(["snapshot", "list", "--quiet"]).run().success().stdout();
    assert!(!here.contains(&name), "{here}");
    let spoil = "sudo rm /srv/mark; rm /mnt/agent-data/mark; echo later > README";
    server.through(exec(&person, &repository, spoil)).run().success();
    snapshot(&["restore", &name, "--force"]).success();
    let look = "cat /srv/mark /mnt/agent-data/mark README";
    // git keeps the workspace, on every machine.
    server.through(exec(&person, &repository, look)).run().success().prints("one\none\nlater\n");
    assert_is_copy(&person, &repository);
    let forked = repository.path().with_file_name(format!("snap-ssh-{name}"));
    let plan = snapshot(&["fork", &name, "--dry-run"]).success().stdout();
    assert!(plan.contains("create a clone at") && !forked.exists(), "{plan}");
    repository.git(&["remote", "add", "origin", "https://git.example/snap.git"]);
    // After a kill with only the clone created, the fork continues with the clone.
    let begun =
        server.through(person.cai(["snapshot", "fork", &name])).current_dir(&repository).start();
    wait_until(Duration::from_secs(60), "the clone is there", || forked.exists().then_some(()));
    begun.signal(Signal::SIGKILL);
    begun.outcome().stderr_lacks("panicked");
    assert!(person.containers(&forked).is_empty(), "the fork was killed too late");
    let path = forked.to_str().expect("a plain path").to_owned();
    snapshot(&["fork", &name, &path, "--branch", "other"]).fails(2, "not on branch");
    snapshot(&["fork", &name, "--branch", &format!("fork/{name}")]).success();
    let forked = Repository::at(forked);
    let state = "git status --short --branch; git log --format=%s; git remote get-url origin";
    let expected = format!("## fork/{name}\nfirst\nhttps://git.example/snap.git\n");
    server.through(exec(&person, &forked, state)).run().success().prints(&expected);
    server.through(exec(&person, &forked, look)).run().success().prints("one\none\nhello\n");
    assert_is_copy(&person, &forked);
    server.through(exec(&person, &forked, "echo forked > README")).run().success();
    server.through(person.cai(["workspace", "pull"])).current_dir(&forked).run().success();
    let read = |repository: &Repository| fs::read_to_string(repository.join("README"));
    assert_eq!(read(&forked).expect("it exists"), "forked\n");
    assert_eq!(read(&repository).expect("it exists"), "hello\n");
    let mut status = Command::new("git");
    status.args(["-c", "safe.directory=*", "status", "--short"]).current_dir(forked.path());
    assert_eq!(output_of(&mut status), " M README\n");
    let clone = person.repository("snap-ssh-clone");
    let path = clone.path().to_str().expect("a plain path").to_owned();
    snapshot(&["fork", &name, &path]).success();
    server.through(exec(&person, &clone, look)).run().success().prints("one\none\nhello\n");
    assert_is_copy(&person, &clone);
    snapshot(&["remove", &name, "--force"]).success();
}
