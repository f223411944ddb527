//! How long people wait, beside the tools that they would use otherwise.
//!
//! `cargo xtask bench [RUNS]` builds a release of `cai` and runs this. Every
//! comparison is interleaved: each round measures both sides, and the side
//! that begins changes from round to round, so that a noisy machine is noisy
//! for both. What counts is the ratio of the medians. A goal that is missed is
//! told and is no failure.

mod bare;
mod boot;
mod bulk;
mod create;
mod exec;
mod forward;
mod import;
mod list;
mod master;
mod process;
mod report;
mod round;
mod tree;

use containai_tests::{Engine, Person};

use crate::report::Report;

/// Rounds of each comparison when the command line names no number; all of it
/// then takes some five minutes.
const ROUNDS: usize = 9;

fn main() {
    let rounds = match std::env::args().nth(1).map(|text| text.parse()) {
        None => ROUNDS,
        Some(Ok(rounds @ 1..)) => rounds,
        Some(_) => {
            eprintln!("usage: bench [RUNS], a number from 1");
            std::process::exit(2);
        }
    };
    let engine = Engine::shared();
    let person = Person::on(engine);
    person.cai(["setup", "--yes"]).run().success();
    let mut report = Report::default();
    report.extend(exec::measure(&person, engine, rounds));
    report.extend(process::measure(&person, rounds));
    report.extend(bulk::measure(&person, rounds));
    report.extend(forward::measure(&person, rounds));
    report.extend(list::measure(&person, engine, rounds));
    report.extend(boot::measure(&person, engine, rounds));
    report.extend(create::measure(&person, engine, rounds));
    report.extend(tree::measure(&person, rounds));
    report.extend(import::measure(&person, rounds));
    println!("{report}");
}
