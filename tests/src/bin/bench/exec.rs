//! A command in a running container.

use std::process::Command;
use std::time::Duration;

use containai_tests::{Cai, Engine, Person};

use crate::master::ControlMaster;
use crate::report::Row;
use crate::round::{interleaved, process};

/// Compares `cai exec -- true` with the other ways to run a command in the container: `ssh` through
/// the generated configuration, alone and over an open `ControlMaster`, and `docker exec` as the
/// same user.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-exec");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let alias = format!("containai-{name}");
    let exec = |before: &[&str]| {
        let words = before.iter().chain(&["exec", "--", "true"]).copied();
        person.cai(words).current_dir(&repository)
    };
    let (shared, own) = (exec(&[]), exec(&["--no-mux"]));
    let ssh = || {
        let mut ssh = person.openssh("ssh");
        ssh.args([&alias, "true"]);
        process(ssh)
    };
    let docker = || {
        let mut docker = Command::new("docker");
        docker.args(["--host", &engine.address(), "exec", "--user", "1000", &name, "true"]);
        process(docker)
    };
    let master = ControlMaster::open(person, &alias);
    let first = interleaved(rounds, &mut [&mut || call(&own), &mut || ssh()]);
    let others = interleaved(rounds, &mut [&mut || call(&shared), &mut || ssh(), &mut || docker()]);
    // The commands are short and the difference is small, so many rounds are needed.
    let sharing = interleaved(
        rounds * 4,
        &mut [&mut || call(&shared), &mut || process(master.ssh(&["true"]))],
    );
    vec![
        Row::against("cai --no-mux exec -- true / ssh ... true", &first[0], &first[1], 0.25),
        Row::against("cai exec -- true / ssh by a master ... true", &sharing[0], &sharing[1], 0.6),
        Row::against("cai exec -- true / ssh ... true", &others[0], &others[1], 0.3),
        Row::against("cai exec -- true / docker exec ... true", &others[0], &others[2], 0.5),
    ]
}

fn call(cai: &Cai) -> Duration {
    process(cai.command())
}
