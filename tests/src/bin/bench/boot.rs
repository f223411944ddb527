//! From the start of a container to the first word of its sshd.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use containai_tests::{Engine, Person};
use serde_json::Value;

use crate::report::Row;
use crate::round::interleaved;

/// How long a boot may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a person takes for at once.
const GOAL: Duration = Duration::from_secs(1);
/// What an SSH server says first (RFC 4253 §4.2).
const WORD: &[u8] = b"SSH-2.0-";

/// The engine is asked to start a container that was stopped in order; what it
/// takes until sshd speaks is the boot and the runtime, and nothing of `cai`.
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
        while !speaks(port) {
            assert!(start.elapsed() < PATIENCE, "nobody speaks on port {port}");
            std::thread::sleep(Duration::from_millis(2));
        }
        let time = start.elapsed();
        stop();
        time
    };
    let times = interleaved(rounds, &mut [&mut boot]);
    vec![Row::alone("start of a container to the first word of sshd", &times[0], GOAL)]
}

fn speaks(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut word = [0; WORD.len()];
    let timed = stream.set_read_timeout(Some(PATIENCE));
    timed.is_ok() && stream.read_exact(&mut word).is_ok() && word == WORD
}
