//! The resource usage of containers.

use std::time::{Duration, Instant};

use containai_tests::{Engine, Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process};

/// How many containers run at the same time.
const CONTAINERS: usize = 20;
/// A port range for all of these containers; the default range of a person is smaller.
const PORTS: &str = "[ssh]\nport_range_start = 33000\nport_range_end = 33039\n";

/// Compares `cai status` and `cai stats` with one inspection through the engine's API for each
/// container. Most of the time of both is the interval between two samples.
pub(crate) fn measure(engine: &Engine, rounds: usize) -> Vec<Row> {
    let person = Person::on(engine);
    person.configure(PORTS);
    let repositories: Vec<Repository> = (0..CONTAINERS)
        .map(|number| person.repository(&format!("bench-figures-{number}")))
        .collect();
    for repository in &repositories {
        person.run(repository, "true").success();
    }
    let names: Vec<String> =
        repositories.iter().map(|it| person.container_name(it.path())).collect();
    let api = engine.api();
    let inspect = |names: &[String]| -> Duration {
        let start = Instant::now();
        for name in names {
            api.container(name);
        }
        start.elapsed()
    };
    let status = person.cai(["status", "--json"]).current_dir(&repositories[0]);
    let stats = person.cai(["stats", "--json"]);
    let one =
        interleaved(rounds, &mut [&mut || process(status.command()), &mut || inspect(&names[..1])]);
    let all = interleaved(rounds, &mut [&mut || process(stats.command()), &mut || inspect(&names)]);
    let many = format!("cai stats, {CONTAINERS} containers");
    vec![
        Row::alone("cai status", &one[0], Duration::from_millis(100)),
        Row::against("cai status / one inspection by the API", &one[0], &one[1], 60.0),
        Row::alone(&many, &all[0], Duration::from_millis(200)),
        Row::against(&format!("{many} / inspections by the API"), &all[0], &all[1], 10.0),
    ]
}
