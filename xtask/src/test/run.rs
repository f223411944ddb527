//! The steps in order, and the result.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::engine;
use super::provision::provision;
use super::step::{STEPS, Step};

/// Runs all steps, or the named ones. After a failed step the others still run, so that one run
/// shows every failure.
pub(crate) fn run(names: &[String]) -> anyhow::Result<ExitCode> {
    let steps = choose(names)?;
    provision()?;
    let mut verdicts = Vec::new();
    for step in steps {
        println!("\n==> {}: {}", step.name, step.about);
        let start = Instant::now();
        let outcome = (step.run)();
        if let Err(error) = &outcome {
            eprintln!("{}: {error:#}", step.name);
        }
        verdicts.push((step.name, outcome.is_ok(), start.elapsed()));
        if step.name == "e2e" {
            engine::stop();
        }
    }
    println!();
    for (name, is_ok, time) in &verdicts {
        println!("{:>6}  {name} ({} s)", if *is_ok { "ok" } else { "FAILED" }, seconds(*time));
    }
    match verdicts.iter().all(|(_, is_ok, _)| *is_ok) {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

fn choose(names: &[String]) -> anyhow::Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let find = |name: &String| {
        let known = || STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
        let step = STEPS.iter().find(|step| step.name == name);
        step.ok_or_else(|| anyhow::anyhow!("there is no step `{name}`, only {}", known()))
    };
    names.iter().map(find).collect()
}

fn seconds(time: Duration) -> u64 {
    time.as_secs()
}
