//! The time from the start of a container until its sshd answers.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use containai_tests::{Engine, Person};
use serde_json::Value;

use crate::report::Row;
use crate::round::interleaved;

/// How long a boot may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// What a person perceives as immediate.
const GOAL: Duration = Duration::from_secs(1);
/// The start of an SSH server's identification string (RFC 4253 §4.2).
const BANNER: &[u8] = b"SSH-2.0-";

/// Measures how long the engine needs to start a cleanly stopped container until sshd answers: boot
/// and runtime, without `cai`.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-boot");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let id = container["Id"].as_str().expect("an id").to_owned();
    let label = container["Config"]["Labels"]["containai.ssh-port"].as_str();
    let port: u16 = label.and_then(|port| port.parse().ok()).expect("a port");
    let stop = || engine.api().post(&format!("/containers/{id}/stop"), &Value::Null);
    stop();
    let mut boot = || {
        let start = Instant::now();
        engine.api().post(&format!("/containers/{id}/start"), &Value::Null);
        while !sends_banner(port) {
            assert!(start.elapsed() < TIMEOUT, "no SSH server on port {port}");
            std::thread::sleep(Duration::from_millis(2));
        }
        let time = start.elapsed();
        stop();
        time
    };
    let times = interleaved(rounds, &mut [&mut boot]);
    vec![Row::alone("start of a container to the first word of sshd", &times[0], GOAL)]
}

fn sends_banner(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut banner = [0; BANNER.len()];
    let timed = stream.set_read_timeout(Some(TIMEOUT));
    timed.is_ok() && stream.read_exact(&mut banner).is_ok() && banner == BANNER
}
