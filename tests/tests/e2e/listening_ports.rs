//! `cai ports`, `cai forward PORT|--auto` and `cai open :PORT`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Answers each connection on the port of its argument with `hello`.
const SERVER: &str = "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', \
    LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die; \
    while (my $c = $s->accept) { print $c \"hello\\n\"; close $c }";

fn serve(person: &Person<'_>, repository: &Repository, port: u16) {
    let server = ["exec", "--detach", "--", "perl", "-e", SERVER, &port.to_string()];
    person.cai(server).current_dir(repository).run().success();
    wait_until(Duration::from_secs(20), "the server listens", || {
        let ports = person.cai(["ports"]).current_dir(repository).run();
        ports.stdout().contains(&format!("\n{port} ")).then_some(())
    });
}

fn prepared(name: &str) -> (Person<'static>, Repository) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    (person, repository)
}

/// Connects, and returns what the server sends.
fn greeting(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    (!text.is_empty()).then_some(text)
}

fn forwarded_to(stderr: &str, port: u16) -> Option<u16> {
    let mark = format!("port {port} (perl) of ");
    let line = stderr.lines().find(|line| line.contains(&mark))?;
    line.rsplit_once(':')?.1.trim().parse().ok()
}

#[test]
fn listening_programs_are_listed() {
    let (person, repository) = prepared("ports-listed");
    serve(&person, &repository, 34_561);
    let ports = person.cai(["ports", "--json"]).current_dir(&repository).run();
    let all: Vec<Value> = serde_json::from_str(&ports.success().stdout()).expect("JSON");
    let found = all.iter().find(|it| it["port"] == 34_561).expect("the server");
    assert_eq!((&found["program"], &found["address"]), (&"perl".into(), &"127.0.0.1".into()));
    assert!(all.iter().any(|it| it["port"] == 22 && it["program"] == "sshd"), "{all:#?}");

    // A container reports anything.
    let flood = "printf '#!/bin/sh\\nexec yes \"LISTEN 0 1 *:1 *:*\"\\n' | sudo tee /usr/bin/ss";
    person.exec(&repository, flood).success();
    let flooded = person.cai(["ports"]).current_dir(&repository).run();
    flooded.fails(1, "reports more than 262144 bytes of ports");
    let lie = "printf '#!/bin/sh\\nprintf \"LISTEN 0 1 *:7 *:* users:((\\\\\"\\\\033[2Jx\\\\\",pid=1,fd=1))\\\\n\"\\n' | sudo tee /usr/bin/ss";
    person.exec(&repository, lie).success();
    let lied = person.cai(["ports"]).current_dir(&repository).run();
    assert!(!lied.success().stdout().contains('\u{1b}'), "{lied}");
    person.exec(&repository, "sudo rm /usr/bin/ss").success();
    person.cai(["ports"]).current_dir(&repository).run().fails(1, "has no program `ss`");
}

#[test]
fn new_listeners_are_forwarded_while_their_programs_run() {
    let (person, repository) = prepared("ports-auto");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let first = taken.local_addr().expect("an address").port();
    serve(&person, &repository, first);
    let auto = person.cai(["forward", "--auto"]).current_dir(&repository).start();
    let wait_for = |port: u16| {
        wait_until(Duration::from_secs(30), "the port is forwarded", || {
            forwarded_to(&auto.stderr(), port)
        })
    };
    let local = wait_for(first);
    assert_ne!(local, first, "the port is taken on the host");
    assert_eq!(greeting(local).as_deref(), Some("hello\n"));
    drop(taken);

    let second =
        TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("one").port();
    serve(&person, &repository, second);
    assert_eq!(wait_for(second), second);
    assert_eq!(greeting(second).as_deref(), Some("hello\n"));
    let listed = person.cai(["forward", "list"]).current_dir(&repository).run();
    assert!(
        listed.success().stdout().contains(&format!("{second}:localhost:{second}")),
        "{listed}"
    );
    assert!(!auto.stderr().contains("port 22 "), "{}", auto.stderr());

    person.exec(&repository, &format!("pkill -f '[p]erl -e .* {second}'")).success();
    wait_until(Duration::from_secs(20), "the forward is closed", || {
        (greeting(second).is_none() && TcpStream::connect(("127.0.0.1", second)).is_err())
            .then_some(())
    });
    assert_eq!(greeting(local).as_deref(), Some("hello\n"));
    auto.signal(Signal::SIGINT);
    auto.outcome().success();
    assert!(TcpStream::connect(("127.0.0.1", local)).is_err());
}

#[test]
fn port_is_opened_in_the_browser_of_the_host() {
    let (person, repository) = prepared("ports-open");
    let port =
        TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("one").port();
    serve(&person, &repository, port);
    let (browser, opened) = (person.beside("browser"), person.beside("opened"));
    fs::write(&browser, format!("#!/bin/sh\nprintf '%s' \"$1\" > '{}'\n", opened.display()))
        .expect("a file");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("its own file");
    let open = |words: &[&str]| {
        let cai = person.cai(["open", &format!(":{port}")]).args(words).current_dir(&repository);
        cai.env("BROWSER", browser.as_os_str()).run()
    };
    open(&[]).success().prints("");
    let url = wait_until(Duration::from_secs(10), "the browser runs", || {
        fs::read_to_string(&opened).ok().filter(|url| !url.is_empty())
    });
    assert_eq!(url, format!("http://localhost:{port}/"));
    assert_eq!(greeting(port).as_deref(), Some("hello\n"));
    // The forward is found again.
    open(&["--print"]).success().prints(&format!("http://localhost:{port}/\n"));
    let remove = ["forward", "remove", &port.to_string()];
    person.cai(remove).current_dir(&repository).run().success();

    let same = person.cai(["forward", &port.to_string(), "--background"]).current_dir(&repository);
    same.run().success();
    assert_eq!(greeting(port).as_deref(), Some("hello\n"));
    person.cai(remove).current_dir(&repository).run().success();
}

#[test]
fn host_has_a_name_in_the_container_and_its_loopback_services_do_not() {
    let (person, repository) = prepared("ports-host");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let address = person
        .exec(&repository, "getent ahostsv4 host.docker.internal | cut -d ' ' -f 1 | sort -u");
    let gateway = person.exec(&repository, "ip route show default | cut -d ' ' -f 3");
    assert_eq!(address.success().stdout(), gateway.success().stdout());
    let connect = format!("timeout 5 bash -c ': < /dev/tcp/host.docker.internal/{port}'");
    assert_ne!(person.exec(&repository, &connect).status(), 0);
    // The listener works.
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.write_all(b"x").expect("it accepts");
}
