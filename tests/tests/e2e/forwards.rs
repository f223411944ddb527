//! Port and socket forwards in both directions.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use containai_tests::{Person, Repository, Running, wait_until};
use nix::sys::signal::Signal;

const TIMEOUT: Duration = Duration::from_secs(60);

fn prepared(name: &str) -> (Person<'static>, Repository, String) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    (person, repository, name)
}

/// Starts servers in the container that answer `inside` over HTTP, on port 8000 and on a socket.
fn serve_inside(person: &Person<'_>, repository: &Repository) {
    let answer = r#"while (my $c = $s->accept) { while (<$c>) { last if /^\r?$/ } print $c "HTTP/1.0 200 OK\r\n\r\ninside"; close $c }"#;
    let tcp = "IO::Socket::INET->new(LocalAddr => \"127.0.0.1:8000\", Listen => 9, ReuseAddr => 1)";
    let unix = "IO::Socket::UNIX->new(Local => \"/tmp/inside.sock\", Listen => 9)";
    // The listening addresses as shown by proc(5).
    let tcp_listens = "'0100007F:1F40 00000000:0000 0A' /proc/net/tcp";
    let unix_listens = "' 00010000 .* /tmp/inside.sock$' /proc/net/unix";
    for (module, server, listens) in [("INET", tcp, tcp_listens), ("UNIX", unix, unix_listens)] {
        let script = format!(
            "rm -f /tmp/inside.sock; nohup perl -MIO::Socket::{module} -e 'my $s = {server} or die; {answer}' \
             >/dev/null 2>&1 & until grep -q {listens}; do sleep 0.1; done"
        );
        person.exec(repository, &script).success();
    }
}

fn respond(mut stream: impl Read + Write, text: &str) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let _ = stream.write_all(format!("HTTP/1.0 200 OK\r\n\r\n{text}").as_bytes());
}

/// Answers `outside` over HTTP on a port and on a socket of the host.
fn serve_outside(socket: &Path) -> u16 {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = tcp.local_addr().expect("it is bound").port();
    let unix = UnixListener::bind(socket).expect("a socket can be made");
    thread::spawn(move || tcp.incoming().flatten().for_each(|stream| respond(stream, "outside")));
    thread::spawn(move || unix.incoming().flatten().for_each(|stream| respond(stream, "outside")));
    port
}

fn get(mut stream: impl Read + Write) -> String {
    let mut text = String::new();
    let asked = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
    let _ = asked.and_then(|()| stream.read_to_string(&mut text).map(drop));
    text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
}

fn get_tcp(port: u16) -> String {
    let stream = TcpStream::connect(("127.0.0.1", port));
    stream.map(|stream| get(with_timeout(stream))).unwrap_or_default()
}

fn with_timeout(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
    stream
}

fn get_unix(path: &Path) -> String {
    UnixStream::connect(path).map(get).unwrap_or_default()
}

fn through_socks(port: u16, url: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args([
        "-s",
        "-m",
        "10",
        "--noproxy",
        "",
        "-x",
        &format!("socks5h://127.0.0.1:{port}"),
        url,
    ]);
    String::from_utf8_lossy(&curl.output().expect("curl is installed").stdout).into_owned()
}

fn get_inside(person: &Person<'_>, repository: &Repository, options: &str) -> String {
    person.exec(repository, &format!("curl -s -m 10 {options} || true")).success().stdout()
}

fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

#[track_caller]
fn wait_opened(running: &mut Running, count: usize) {
    wait_until(TIMEOUT, "everything is open", || {
        assert!(!running.has_ended(), "it ended: {}", running.stderr());
        (running.stderr().lines().count() >= count).then_some(())
    });
}

#[test]
fn forwards_work_in_both_directions_and_survive_a_restart() {
    let (person, repository, name) = prepared("led");
    serve_inside(&person, &repository);
    let sockets = |name: &str| person.beside(name);
    let target = serve_outside(&sockets("outside.sock"));
    let (tcp, to_unix, socks) = (port(), port(), port());
    let shown = |name: &str| sockets(name).display().to_string();
    let words = [
        "forward".to_owned(),
        name.clone(),
        format!("-L{tcp}:localhost:8000"),
        format!("-L{to_unix}:/tmp/inside.sock"),
        format!("-L{}:127.0.0.1:8000", shown("a.sock")),
        format!("-L{}:/tmp/inside.sock", shown("b.sock")),
        format!("-R9000:localhost:{target}"),
        format!("-R9001:{}", shown("outside.sock")),
        format!("-R/tmp/c.sock:localhost:{target}"),
        format!("-R/tmp/d.sock:{}", shown("outside.sock")),
        format!("-D{socks}"),
    ];
    let mut forward = person.cai(words).timeout(TIMEOUT * 4).start();
    wait_opened(&mut forward, 9);
    let all = || {
        [
            get_tcp(tcp),
            get_tcp(to_unix),
            get_unix(&sockets("a.sock")),
            get_unix(&sockets("b.sock")),
            through_socks(socks, "http://127.0.0.1:8000/"),
            get_inside(&person, &repository, "http://127.0.0.1:9000/"),
            get_inside(&person, &repository, "http://127.0.0.1:9001/"),
            get_inside(&person, &repository, "--unix-socket /tmp/c.sock http://x/"),
            get_inside(&person, &repository, "--unix-socket /tmp/d.sock http://x/"),
        ]
    };
    let expected = ["inside", "inside", "inside", "inside", "inside"];
    let expected = [&expected[..], &["outside"; 4]].concat();
    assert_eq!(all().to_vec(), expected, "{}", forward.stderr());

    // Only this machine can connect.
    let listening = Command::new("ss").args(["-ltnH", &format!("sport = {tcp}")]).output();
    let listening =
        String::from_utf8_lossy(&listening.expect("ss is installed").stdout).into_owned();
    assert!(listening.contains("127.0.0.1:") && !listening.contains("0.0.0.0:*:"), "{listening}");

    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/restart"), &serde_json::Value::Null);
    wait_until(TIMEOUT, "it is connected again", || {
        assert!(!forward.has_ended(), "it ended: {}", forward.stderr());
        forward.stderr().contains("again").then_some(())
    });
    serve_inside(&person, &repository);
    assert_eq!(all().to_vec(), expected, "{}", forward.stderr());

    forward.signal(Signal::SIGINT);
    forward.outcome().success().prints("");
    assert!(!sockets("a.sock").exists() && !sockets("b.sock").exists());
    assert!(TcpStream::connect(("127.0.0.1", tcp)).is_err());
}

#[test]
fn invalid_forwards_are_refused_with_a_reason() {
    let (person, repository, name) = prepared("why");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let (taken, free) = (listener.local_addr().expect("it is bound").port(), port());
    let spec = format!("{taken}:localhost:80");
    let forward = |words: &[&str]| {
        let words = ["forward", name.as_str()].iter().chain(words).copied().collect::<Vec<_>>();
        person.cai(words).current_dir(&repository)
    };
    let us = std::process::id().to_string();
    forward(&["-L", &spec]).run().fails(112, &format!("(process {us}) does"));
    let added = person.cai(["forward", "--background", &name, "-L", &spec]).run();
    added.fails(112, &format!("(process {us}) does"));
    forward(&["-R", "127.0.0.1:22:localhost:80"]).run().fails(112, "the container cannot listen");
    forward(&[]).run().fails(2, "nothing to forward");
    assert_eq!(forward(&["-L", "80"]).run().status(), 2);
    person.cai(["forward", "no-such", "-D", "1"]).run().fails(1, "neither a container nor");

    let mut running = forward(&["-L", &format!("{free}:127.0.0.1:1")]).start();
    wait_opened(&mut running, 1);
    for _ in 0..3 {
        assert_eq!(get_tcp(free), "");
    }
    running.signal(Signal::SIGTERM);
    let reported = running.outcome().success().stderr();
    assert_eq!(reported.matches("cannot connect to `127.0.0.1:1`").count(), 1, "{reported}");
}

#[test]
fn forwards_are_added_and_removed_while_a_container_runs() {
    let (person, repository, name) = prepared("ports");
    serve_inside(&person, &repository);
    let (first, second) = (port(), port());
    let add = |port: u16| {
        let spec = format!("{port}:localhost:8000");
        person.cai(["forward", "--background", &name, "-L", &spec]).run().success();
    };
    add(first);
    add(second);
    assert_eq!((get_tcp(first).as_str(), get_tcp(second).as_str()), ("inside", "inside"));
    let list = person.cai(["forward", "list"]).run().success().stdout();
    for port in [first, second] {
        assert!(list.contains(&format!("{name}  -L {port}:localhost:8000  (process ")), "{list}");
    }
    person.cai(["forward", "remove", &first.to_string()]).run().success();
    assert!(TcpStream::connect(("127.0.0.1", first)).is_err());
    assert_eq!(get_tcp(second), "inside");
    person.cai(["forward", "remove", &first.to_string()]).run().fails(1, "nothing is forwarded");

    // The background process ends with its container.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    wait_until(TIMEOUT, "the process has ended", || {
        let list = person.cai(["forward", "list", "--json"]).run().success().stdout();
        (list.trim() == "[]").then_some(())
    });
    wait_until(TIMEOUT, "its port is free", || {
        TcpStream::connect(("127.0.0.1", second)).is_err().then_some(())
    });
}

/// Plain `ssh -N` that runs until this value is dropped.
struct ForwardingSsh(Child);

impl Drop for ForwardingSsh {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn plain_ssh_uses_configured_forwards() {
    let (person, repository, name) = prepared("plain");
    serve_inside(&person, &repository);
    let target = serve_outside(&person.beside("outside.sock"));
    let (tcp, to_unix, socks, configured) = (port(), port(), port(), port());
    let config = person.home().join(".config/containai/config.toml");
    let before = std::fs::read_to_string(&config).expect("a person has a configuration");
    let section = format!(
        "[workspace.'{}'.ssh]\nlocal_forward = ['{configured}:/tmp/inside.sock']\n",
        repository.path().display()
    );
    person.configure(&format!("{before}{section}"));
    person.exec(&repository, "true").success();
    let mut ssh = person.openssh("ssh");
    ssh.args(["-N", "-o", "ExitOnForwardFailure=yes"]);
    ssh.args([format!("-L{tcp}:localhost:8000"), format!("-L{to_unix}:/tmp/inside.sock")]);
    ssh.args([format!("-R9000:localhost:{target}"), format!("-D{socks}")]);
    ssh.args([format!("-R/tmp/c.sock:{}", person.beside("outside.sock").display())]);
    let ssh = ssh.arg(format!("containai-{name}")).stdin(Stdio::null()).spawn();
    let _ssh = ForwardingSsh(ssh.expect("ssh is installed"));
    wait_until(TIMEOUT, "ssh is up", || (get_tcp(tcp) == "inside").then_some(()));
    assert_eq!(get_tcp(to_unix), "inside");
    assert_eq!(get_tcp(configured), "inside");
    assert_eq!(through_socks(socks, "http://127.0.0.1:8000/"), "inside");
    assert_eq!(get_inside(&person, &repository, "http://127.0.0.1:9000/"), "outside");
    let unix = "--unix-socket /tmp/c.sock http://x/";
    assert_eq!(get_inside(&person, &repository, unix), "outside");
}

#[test]
fn editors_are_started_or_their_command_is_printed() {
    let (person, repository, name) = prepared("edited");
    let open = |words: &[&str]| {
        let words = ["open"].iter().chain(words).copied().collect::<Vec<_>>();
        person.cai(words).current_dir(&repository)
    };
    let expected = format!("code --remote ssh-remote+containai-{name} /home/agent/workspace\n");
    open(&["--editor", "code", "--print"]).run().success().prints(&expected);
    let zed = open(&["--editor", "zed"]).run();
    zed.success().prints(&format!("zed ssh://containai-{name}/home/agent/workspace\n"));
    zed.stderr_contains("`zed` is not installed");

    let bin = person.beside("bin");
    std::fs::create_dir_all(&bin).expect("a directory can be made");
    let (editor, reported) = (bin.join("cursor"), person.beside("told"));
    let script = format!("#!/bin/sh\necho \"$@\" > {}\n", reported.display());
    std::fs::write(&editor, script).expect("a file can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&editor, mode).expect("its mode can be set");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    open(&[]).env("PATH", path).run().success().prints("");
    let words = wait_until(TIMEOUT, "the editor runs", || {
        std::fs::read_to_string(&reported).ok().filter(|text| !text.is_empty())
    });
    assert_eq!(words, expected.trim_start_matches("code "));
}
