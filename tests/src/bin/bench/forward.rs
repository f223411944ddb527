//! A gibibyte through a forwarded port.

use std::io::{ErrorKind, Read as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use containai_tests::Person;

use crate::bulk::{CIPHER, SIZE};
use crate::report::Row;
use crate::round::interleaved;

/// The address inside the container that serves a gibibyte.
const INSIDE: &str = "127.0.0.1:7000";
/// How long a forward may take until it is ready.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Compares `cai forward -L` with `ssh -L` and the same cipher.
pub(crate) fn measure(person: &Person<'_>, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-forward");
    let serve = format!(
        "setsid -f systemd-socket-activate --listen={INSIDE} --accept --inetd \
         head -c {SIZE} /dev/zero >/dev/null 2>&1 </dev/null"
    );
    person.run(&repository, &serve).success();
    let name = person.container_name(repository.path());
    let (ours, theirs) = (free_port(), free_port());
    let forward = person.cai(["forward", &name, "-L", &format!("{ours}:{INSIDE}")]);
    let _cai = Background::start(forward.command());
    let mut ssh = person.openssh("ssh");
    ssh.args(["-N", "-c", CIPHER, "-L", &format!("127.0.0.1:{theirs}:{INSIDE}")]);
    ssh.arg(format!("containai-{name}"));
    let _ssh = Background::start(ssh);
    let times = interleaved(rounds.div_ceil(3), &mut [&mut || fetch(ours), &mut || fetch(theirs)]);
    vec![Row::against("1 GiB down: cai forward -L / ssh -L", &times[0], &times[1], 1.0)]
}

/// Reads everything from a forwarded port. The measurement starts with the connection that delivers
/// data.
fn fetch(port: u16) -> Duration {
    let end = Instant::now() + TIMEOUT;
    loop {
        let start = Instant::now();
        match read(port) {
            Ok(SIZE) => return start.elapsed(),
            Ok(0) => {}
            Ok(size) => panic!("{size} bytes came through port {port}"),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => panic!("port {port}: {error}"),
        }
        assert!(Instant::now() < end, "no data through port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read(port: u16) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut buffer = vec![0; 256 << 10];
    let mut size = 0;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(size),
            length => size += length as u64,
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// A program that ends when this value is dropped.
struct Background(Child);

impl Background {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("the program is installed"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
