//! Asking before anything of the machine is changed.

use crate::Error;
use containai_core::engine::Isolation;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::host::{EngineRecord, Privilege, SetupPlan};

use super::{machine, user};
use crate::context::Context;
use crate::error::OperationError;
use crate::session::SetupConsent;

/// Sets the machine up on the way to a container. `trouble` is what showed
/// that it has to be.
pub(crate) fn set_up_on_demand(
    context: &mut Context,
    consent: SetupConsent,
    trouble: &Error,
) -> crate::Result<()> {
    if consent == SetupConsent::Ask && !context.reporter.can_ask() {
        return Err(OperationError::with_code(
            exit::CONTAINER_NOT_STARTED,
            format!("this machine is not set up: {trouble}"),
        )
        .hint(Hint::run("cai setup", "set it up, or add `--yes`"))
        .into());
    }
    set_up(context, consent)
}

/// Does what is missing, after a question unless consent is given.
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
        context.reporter.say("- make the key and the SSH configuration of this user");
        if !context.reporter.ask("Set this machine up?") {
            return Err(OperationError::with_code(exit::FAILED, "set-up was not allowed")
                .hint(Hint::run("cai setup --dry-run", "see every file and command"))
                .hint(Hint::run("cai setup --yes", "set up without a question"))
                .into());
        }
    }
    machine::apply(context, &plan)?;
    user::apply(context)?;
    context.record = EngineRecord::read(&context.env.engine)?;
    Ok(())
}

/// Images and containers of one isolation are invisible to the other.
fn warn_isolation_switch(context: &Context, plan: &SetupPlan) {
    let recorded = context.record.as_ref().map(|record| record.isolation);
    if let Some(old) = recorded.filter(|old| *old != plan.isolation) {
        context.reporter.warn(&format!(
            "containers made with `{old}` isolation are out of sight after this, and those that run go on: stop them before; `cai setup --isolation {old}` switches back to them"
        ));
    }
}
