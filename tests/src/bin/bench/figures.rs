//! What containers use.

use std::time::{Duration, Instant};

use containai_tests::{Engine, Person, Repository};

use crate::report::Row;
use crate::round::{interleaved, process};

/// How many containers run meanwhile.
const CONTAINERS: usize = 20;
/// A person has fewer ports than that.
const PORTS: &str = "[ssh]\nport_range_start = 33000\nport_range_end = 33039\n";

/// `cai status` and `cai stats` beside one inspection by the engine's API for each
/// container. Most of either is the time between two samples.
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
    let status = person.cai(["status", "--json"]).inside(&repositories[0]);
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
