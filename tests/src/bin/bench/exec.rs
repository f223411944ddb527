//! A command in a running container.

use std::process::Command;

use containai_tests::{Engine, Person};

use crate::report::Row;
use crate::round::{interleaved, process};

/// `cai exec -- true` beside `ssh` through the written configuration and
/// `docker exec` as the same user.
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-exec");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let alias = format!("containai-{name}");
    let ours = person.cai(["exec", "--", "true"]).inside(&repository);
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
    let times = interleaved(
        rounds * 2,
        &mut [&mut || process(ours.command()), &mut || ssh(), &mut || docker()],
    );
    vec![
        Row::against("cai exec -- true / ssh ... true", &times[0], &times[1], 0.3),
        Row::against("cai exec -- true / docker exec ... true", &times[0], &times[2], 0.5),
    ]
}
