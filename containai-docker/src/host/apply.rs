//! Applying a setup plan.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use containai_core::layout::EngineLayout;

use super::apt;
use super::command::Invocation;
use super::error::SetupError;
use super::event::{SetupEvent, SetupEvents};
use super::file;
use super::kernel_limits;
use super::network::Network;
use super::packages::choose_packages;
use super::plan::SetupPlan;
use super::program;
use super::step::{Starter, Step};
use super::supervisor;

/// Time limit for the first answer of an engine that systemd has started; systemd itself waits for
/// the engine's notification before that.
const PATIENCE: Duration = Duration::from_secs(30);

/// Applies the plan, as root. It may be interrupted between or within steps; a new plan contains
/// the remaining steps.
///
/// # Errors
///
/// The first failing step ends the run: [`SetupError::Command`], [`SetupError::File`], and
/// [`SetupError::EngineExited`] or [`SetupError::EngineNotResponding`] with the last lines of the
/// engine's log.
pub fn apply(
    plan: &SetupPlan,
    layout: &EngineLayout,
    events: &dyn SetupEvents,
) -> Result<(), SetupError> {
    let total = plan.steps.len();
    for (index, step) in plan.steps.iter().enumerate() {
        events.on(&SetupEvent::StepStarted { number: index + 1, total, step });
        perform(step, layout, events)?;
        events.on(&SetupEvent::StepDone { step });
    }
    Ok(())
}

fn perform(step: &Step, layout: &EngineLayout, events: &dyn SetupEvents) -> Result<(), SetupError> {
    match step {
        Step::RefreshPackageLists => Ok(apt::refresh(events)?),
        Step::InstallPackages(names) => install(names, events),
        Step::InstallNeeded(needs) => install(&choose_packages(&apt::facts(), *needs), events),
        Step::WriteFile { path, mode, content, .. } => {
            file::write_atomic(path, content.as_bytes(), *mode)
        }
        Step::InstallProgram { from, runtime, links } => program::install(from, runtime, links),
        Step::RaiseNetwork { .. } => Network::recorded(layout)?.raise(),
        Step::RaiseLimits => kernel_limits::raise(),
        Step::GrantIds { .. } | Step::ReserveRanges { .. } => {
            make_empty(Path::new("/etc/subuid"))?;
            make_empty(Path::new("/etc/subgid"))?;
            run_all(&step.invocations())
        }
        Step::MakeSystemUser(_) | Step::AdmitUser(_) => run_all(&step.invocations()),
        Step::StartEngine(starter) | Step::RestartEngine(starter) => start(step, starter, layout),
    }
}

fn install(names: &[String], events: &dyn SetupEvents) -> Result<(), SetupError> {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Ok(apt::install_missing(&names, events)?)
}

fn run_all(invocations: &[Invocation]) -> Result<(), SetupError> {
    invocations.iter().try_for_each(|invocation| Ok(invocation.run().map(drop)?))
}

/// Creates an empty file if it is missing: usermod(8) adds subordinate ids only to existing files.
fn make_empty(path: &Path) -> Result<(), SetupError> {
    OpenOptions::new().append(true).create(true).open(path).map(drop).map_err(file::failed(path))
}

fn start(step: &Step, starter: &Starter, layout: &EngineLayout) -> Result<(), SetupError> {
    match (step, starter) {
        (_, Starter::Systemd) => {
            run_all(&step.invocations())?;
            supervisor::wait_for_engine(layout, PATIENCE)
        }
        (Step::RestartEngine(_), Starter::Supervisor { .. }) => {
            supervisor::halt(layout)?;
            supervisor::start(layout)
        }
        (_, Starter::Supervisor { .. }) => supervisor::start(layout),
    }
}
