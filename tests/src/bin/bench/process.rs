//! Short commands, whose time is the start of the process.

use std::time::Duration;

use containai_tests::Person;

use crate::report::Row;
use crate::round::{interleaved, process};

/// Measures `cai version`, and `cai run --dry-run` while the container runs.
pub(crate) fn measure(person: &Person<'_>, rounds: usize) -> Vec<Row> {
    let repository = person.repository("bench-process");
    person.run(&repository, "true").success();
    let version = person.cai(["version"]);
    let dry_run =
        person.cai(["run", "--image", "base", "--dry-run", "--", "true"]).current_dir(&repository);
    let times = interleaved(
        rounds * 2,
        &mut [&mut || process(version.command()), &mut || process(dry_run.command())],
    );
    vec![
        Row::alone("cai version", &times[0], Duration::from_millis(5)),
        Row::alone("cai run --dry-run, container running", &times[1], Duration::from_millis(30)),
    ]
}
