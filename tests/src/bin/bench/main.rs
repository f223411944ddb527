//! Measurements of `cai`, compared with other tools for the same task.
//!
//! `cargo xtask bench [RUNS] [WHAT…]` builds a release of `cai` and runs this.
//! Every comparison is interleaved: each round measures both sides, and the first side alternates,
//! so that noise of the machine affects both. The result is the ratio of the medians. A missed goal
//! is reported and is not a failure.

mod bare;
mod boot;
mod bulk;
mod create;
mod exec;
mod export;
mod figures;
mod forward;
mod import;
mod list;
mod master;
mod memory;
mod process;
mod report;
mod round;
mod tree;

use std::process::ExitCode;

use containai_tests::{Engine, Person};

use crate::report::{Report, Row};

/// The default number of rounds of each comparison; all of them then take some five minutes.
const ROUNDS: usize = 9;

/// The measurements by their names on the command line.
type Measure = fn(&Person<'_>, &Engine, usize) -> Vec<Row>;
const MEASURES: [(&str, Measure); 11] = [
    ("exec", exec::measure),
    ("process", |person, _, rounds| process::measure(person, rounds)),
    ("bulk", |person, _, rounds| bulk::measure(person, rounds)),
    ("forward", |person, _, rounds| forward::measure(person, rounds)),
    ("list", list::measure),
    ("figures", |_, engine, rounds| figures::measure(engine, rounds)),
    ("boot", boot::measure),
    ("create", create::measure),
    ("tree", |person, _, rounds| tree::measure(person, rounds)),
    ("import", import::measure),
    ("export", export::measure),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((rounds, chosen)) = read(&words) else {
        let names = MEASURES.map(|(name, _)| name).join(", ");
        eprintln!("usage: bench [RUNS] [WHAT…], a number from 1, and of {names}");
        return ExitCode::from(2);
    };
    let engine = Engine::shared();
    let person = Person::on(engine);
    person.cai(["setup", "--yes"]).run().success();
    let mut report = Report::default();
    for (name, measure) in MEASURES {
        if chosen.is_empty() || chosen.iter().any(|word| word == name) {
            report.extend(measure(&person, engine, rounds));
        }
    }
    println!("{report}");
    ExitCode::SUCCESS
}

/// Parses the number of rounds and the names of measurements; without names, all of them run.
fn read(words: &[String]) -> Option<(usize, &[String])> {
    let (rounds, chosen) = match words {
        [first, rest @ ..] if first.starts_with(|c: char| c.is_ascii_digit()) => {
            (first.parse().ok().filter(|&rounds| rounds > 0)?, rest)
        }
        _ => (ROUNDS, words),
    };
    let is_known = |word: &String| MEASURES.iter().any(|(name, _)| word == name);
    chosen.iter().all(is_known).then_some((rounds, chosen))
}
