//! Ports that a file forwards.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use containai_tests::Person;

use super::files::write_devcontainer;

/// A port that is free now.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

#[test]
fn approved_ports_are_open_while_the_container_exists() {
    let person = Person::new();
    let repository = person.repository("ports");
    let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let (port, busy_port) = (free_port(), busy.local_addr().expect("an address").port());
    let server = "perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 5, LocalAddr => q(127.0.0.1), LocalPort => 7000) or die; \
        while ($c = $s->accept) { print $c q(hello); close $c }'";
    write_devcontainer(
        &repository,
        &format!(r#"{{"appPort": ["{port}:7000", {busy_port}], "postStartCommand": "{server}"}}"#),
    );
    let cai = |words: &[&str]| person.cai(words.iter().copied()).current_dir(&repository);
    let run = || cai(&["run", "--image", "base", "--devcontainer", "--", "true"]).run();
    let connect = || -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    };
    let unapproved = run();
    unapproved.success().stderr_contains("ports are forwarded once `cai trust` approves");
    assert_eq!(connect(), None);
    cai(&["trust", "--yes"]).run().success();
    run()
        .success()
        .stderr_contains(&format!("port {busy_port} of devcontainer.json is not forwarded"));
    assert_eq!(connect().as_deref(), Some("hello"));
    // It remains open after the session and after further commands.
    cai(&["exec", "--", "true"]).run().success();
    assert_eq!(connect().as_deref(), Some("hello"));
    let listed = cai(&["forward", "list"]).run().success().stdout();
    assert_eq!(listed.lines().count(), 1, "{listed}");
    run().success();
    let listed = cai(&["forward", "list"]).run().success().stdout();
    assert_eq!(listed.lines().count(), 1, "{listed}");
}
