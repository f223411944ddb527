//! Applying a setup plan.

use std::path::Path;
use std::time::Duration;

use containai_core::layout::EngineLayout;

use super::apt;
use super::command::HostCommand;
use super::error::SetupError;
use super::event::{SetupEvent, SetupEvents};
use super::executable;
use super::file;
use super::kernel_limits;
use super::network::Network;
use super::packages::choose_packages;
use super::plan::SetupPlan;
use super::service_manager::ServiceManager;
use super::step::SetupStep;
use super::supervisor;

/// Time limit for the first answer of an engine that systemd has started; systemd itself waits for
/// the engine's notification before that.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(30);

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
        run_step(step, layout, events)?;
        events.on(&SetupEvent::StepFinished { step });
    }
    Ok(())
}

fn run_step(
    step: &SetupStep,
    layout: &EngineLayout,
    events: &dyn SetupEvents,
) -> Result<(), SetupError> {
    match step {
        SetupStep::RefreshPackageLists => Ok(apt::update_lists(events)?),
        SetupStep::InstallPackages(names) => install(names, events),
        SetupStep::InstallNeeded(needs) => {
            install(&choose_packages(&apt::package_facts(), *needs), events)
        }
        SetupStep::WriteFile { path, mode, content, .. } => {
            file::write_atomic(path, content.as_bytes(), *mode)
        }
        SetupStep::InstallProgram { from, runtime, links } => {
            executable::install(from, runtime, links)
        }
        SetupStep::BringUpNetwork { .. } => Network::from_record(layout)?.bring_up(),
        SetupStep::RaiseLimits => kernel_limits::raise(),
        SetupStep::AddSubordinateIds { .. } | SetupStep::ReserveContainerIds { .. } => {
            // usermod(8) adds subordinate ids only to existing files.
            file::create_if_missing(Path::new("/etc/subuid"))?;
            file::create_if_missing(Path::new("/etc/subgid"))?;
            run_commands(&step.commands())
        }
        SetupStep::MaskPackagedEngine
        | SetupStep::CreateSystemUser(_)
        | SetupStep::AddUserToGroup(_) => run_commands(&step.commands()),
        SetupStep::StartEngine { manager, .. } | SetupStep::RestartEngine { manager, .. } => {
            start_engine(step, manager, layout)
        }
    }
}

fn install(names: &[String], events: &dyn SetupEvents) -> Result<(), SetupError> {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Ok(apt::install_missing(&names, events)?)
}

fn run_commands(invocations: &[HostCommand]) -> Result<(), SetupError> {
    invocations.iter().try_for_each(|invocation| Ok(invocation.run().map(drop)?))
}

fn start_engine(
    step: &SetupStep,
    manager: &ServiceManager,
    layout: &EngineLayout,
) -> Result<(), SetupError> {
    match (step, manager) {
        (_, ServiceManager::Systemd) => {
            run_commands(&step.commands())?;
            supervisor::wait_for_engine(layout, ENGINE_TIMEOUT)
        }
        (SetupStep::RestartEngine { .. }, ServiceManager::Supervisor { .. }) => {
            supervisor::stop_daemon(layout)?;
            supervisor::start(layout)
        }
        (_, ServiceManager::Supervisor { .. }) => supervisor::start(layout),
    }
}
