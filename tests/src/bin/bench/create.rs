//! From a new workspace to the first command.

use std::time::Duration;

use containai_tests::{Engine, Person, Repository};

use crate::bare::Bare;
use crate::report::Row;
use crate::round::{interleaved, process};

/// The owner of the workspaces on both sides, an ordinary user.
const OWNER: u32 = 1234;

/// Compares `cai run -- true` with [`Bare`].
pub(crate) fn measure(person: &Person<'_>, engine: &Engine, rounds: usize) -> Vec<Row> {
    let model = person.repository("bench-model").owned_by(OWNER);
    person.run(&model, "true").success();
    let mut bare = Bare::from_container(person, engine, &model);
    let (mut ours, mut theirs) = (0, 0);
    let mut cai = || {
        ours += 1;
        let workspace = person.repository(&format!("bench-ours-{ours}")).owned_by(OWNER);
        first_command(person, &workspace)
    };
    let mut docker = || {
        theirs += 1;
        let workspace = person.repository(&format!("bench-theirs-{theirs}")).owned_by(OWNER);
        bare.first_command(&workspace)
    };
    let times = interleaved(rounds, &mut [&mut cai, &mut docker]);
    let what = "cai run -- true / docker run, then ssh in a loop";
    vec![Row::against(what, &times[0], &times[1], 1.0)]
}

fn first_command(person: &Person<'_>, workspace: &Repository) -> Duration {
    let run = person.cai(["run", "--image", "base", "--", "true"]).current_dir(workspace);
    let time = process(run.command());
    person.remove_containers(workspace.path());
    time
}
