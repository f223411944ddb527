//! The set-up, with the consent of the user.

use crate::Error;
use containai_core::engine::Isolation;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::host::{EngineRecord, Privilege, SetupPlan};

use super::{SetupConsent, machine, user};
use crate::context::Context;
use crate::error::OperationError;

/// Sets up the machine for a session. `cause` is the error that showed that it is not set up.
pub(crate) fn set_up_on_demand(
    context: &mut Context,
    consent: SetupConsent,
    cause: &Error,
) -> crate::Result<()> {
    if consent == SetupConsent::Ask && !context.reporter.can_ask() {
        let (state, effect) = match context.record {
            Some(_) => ("the engine is not running", "start it, or add `--yes`"),
            None => ("this machine is not set up", "set it up, or add `--yes`"),
        };
        let message = format!("{state}: {cause}");
        return Err(OperationError::with_code(exit::CONTAINER_NOT_STARTED, message)
            .hint(Hint::run("cai setup", effect))
            .into());
    }
    set_up(context, consent)
}

/// Runs the missing steps of the set-up. Asks first, unless consent is given.
///
/// # Errors
///
/// The user refuses, or a step fails.
pub fn set_up(context: &mut Context, consent: SetupConsent) -> crate::Result<()> {
    let plan = machine::plan(context)?;
    let is_complete = plan.steps.is_empty() && user::is_complete(context)?;
    if is_complete {
        context.reporter.say("this machine is set up");
        if plan.isolation == Isolation::Userns && Privilege::detect() == Privilege::Root {
            machine::report_id_ranges(context);
        }
        return Ok(());
    }
    warn_isolation_switch(context, &plan);
    if consent != SetupConsent::Given {
        for step in &plan.steps {
            context.reporter.say(&format!("- {}", step.describe()));
        }
        context.reporter.say("- create the key and the SSH configuration of this user");
        if !context.reporter.ask("Set this machine up?") {
            return Err(OperationError::with_code(exit::FAILED, "set-up was not confirmed")
                .hint(Hint::run("cai setup --dry-run", "see every file and command"))
                .hint(Hint::run("cai setup --yes", "set up without confirmation"))
                .into());
        }
    }
    machine::apply(context, &plan)?;
    user::apply(context)?;
    context.record = EngineRecord::read(&context.env.engine)?;
    Ok(())
}

/// Warns that containers and images of one isolation are not visible with the other.
fn warn_isolation_switch(context: &Context, plan: &SetupPlan) {
    let recorded = context.record.as_ref().map(|record| record.isolation);
    if let Some(old) = recorded.filter(|old| *old != plan.isolation) {
        context.reporter.warn(&format!(
            "containers with `{old}` isolation are not visible after this, and keep running: stop them first; `cai setup --isolation {old}` switches back to them"
        ));
    }
}
