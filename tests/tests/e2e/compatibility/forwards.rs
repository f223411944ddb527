//! OpenSSH's port and socket forwards in both directions.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use containai_tests::{Running, wait_until};

use super::container::Container;
use super::openssh::client;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Returns a port of loopback that is currently free.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// Returns the banner of the container's own SSH server through a SOCKS proxy.
pub(super) fn banner_through_socks(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    // RFC 1928: no authentication; CONNECT to a name and port 22.
    stream.write_all(b"\x05\x01\x00").ok()?;
    stream.read_exact(&mut [0; 2]).ok()?;
    stream.write_all(b"\x05\x01\x00\x03\x09localhost\x00\x16").ok()?;
    stream.read_exact(&mut [0; 10]).ok()?;
    banner(stream)
}

fn banner(mut stream: impl std::io::Read) -> Option<String> {
    let mut start = [0; 8];
    stream.read_exact(&mut start).ok()?;
    Some(String::from_utf8_lossy(&start).into_owned())
}

/// Starts `ssh OPTIONS ALIAS cat`, which ends when its stdin is closed.
fn forwarding(container: &Container, options: &[&str]) -> Running {
    let mut command = container.person.openssh("ssh");
    command.arg("-oExitOnForwardFailure=yes").args(options).args([&container.alias, "cat"]);
    Running::start(command, TIMEOUT)
}

#[test]
fn tcp_is_forwarded_in_both_directions() {
    let container = Container::start("compat-forwards");
    let client = client("ssh");
    client.can("`-L`", || {
        let port = free_port();
        let running = forwarding(&container, &["-L", &format!("{port}:localhost:22")]);
        let through = wait_until(TIMEOUT, "the port leads inside", || {
            banner(TcpStream::connect(("127.0.0.1", port)).ok()?)
        });
        assert_eq!(through, "SSH-2.0-");
        running.outcome().success();
    });
    client.can("`-D`", || {
        let port = free_port();
        let running = forwarding(&container, &["-D", &port.to_string()]);
        let through = wait_until(TIMEOUT, "the proxy answers", || banner_through_socks(port));
        assert_eq!(through, "SSH-2.0-");
        running.outcome().success();
    });
    client.can("`-R`", || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client connects");
            stream.write_all(b"from outside\n").expect("it listens");
        });
        let mut command = container.person.openssh("ssh");
        command.args(["-oExitOnForwardFailure=yes", "-R", &format!("45871:localhost:{port}")]);
        command.args([&container.alias, "bash -c 'cat < /dev/tcp/127.0.0.1/45871'"]);
        Running::start(command, TIMEOUT).outcome().success().prints("from outside\n");
    });
}

#[test]
fn unix_sockets_are_forwarded_in_both_directions() {
    let container = Container::start("compat-sockets");
    client("ssh").can("stream-local `-R` and `-L`", || {
        let (host, back) =
            (container.person.beside("host.sock"), container.person.beside("b.sock"));
        let listener = UnixListener::bind(&host).expect("a socket can be bound");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client connects");
            stream.write_all(b"SSH-2.0-round trip").expect("it listens");
        });
        let inward = format!("/tmp/in.sock:{}", host.display());
        let outward = format!("{}:/tmp/in.sock", back.display());
        let running = forwarding(&container, &["-R", &inward, "-L", &outward]);
        let mut stream =
            wait_until(TIMEOUT, "the socket is there", || UnixStream::connect(&back).ok());
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it ends");
        assert_eq!(text, "SSH-2.0-round trip");
        // An open forwarded connection keeps `ssh` from ending.
        drop(stream);
        running.outcome().success();
    });
}
