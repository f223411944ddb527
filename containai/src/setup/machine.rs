//! The machine's part of the set-up.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use crate::error::ResultExt as _;
use containai_core::config::IsolationChoice;
use containai_core::engine::Isolation;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::host::{
    self, Elevator, Privilege, SetupEvent, SetupEvents, SetupFacts, SetupOptions, SetupPlan,
    StepDetail,
};

use crate::context::Context;
use crate::error::OperationError;
use crate::report::Reporter;

/// Plans the missing steps.
pub(crate) fn plan(context: &Context) -> crate::Result<SetupPlan> {
    plan_for(context, context.env.user.clone())
}

fn plan_for(context: &Context, user: Option<String>) -> crate::Result<SetupPlan> {
    let program =
        context.env.program.clone().context("the path of the running program is unknown")?;
    let mut options = SetupOptions::new(program);
    options.isolation = context.config.isolation.value;
    options.user = user;
    let facts = SetupFacts::gather(&context.env.engine, &options)?;
    Ok(host::plan(&facts, &options, &context.env.engine)?)
}

/// Describes each step with its exact commands and files.
///
/// # Errors
///
/// The facts about this machine cannot be gathered.
pub fn plan_text(context: &Context) -> crate::Result<String> {
    let mut text = String::new();
    for step in &plan(context)?.steps {
        text.push_str(&format!("- {}\n", step.describe()));
        for detail in step.details() {
            match detail {
                StepDetail::Command(command) => text.push_str(&format!("    $ {command}\n")),
                StepDetail::Comment(comment) => text.push_str(&format!("    # {comment}\n")),
                StepDetail::File { path, mode, content } => {
                    text.push_str(&format!("    write {} (mode {mode:04o})\n", path.display()));
                    for line in content.lines() {
                        text.push_str(&format!("    | {line}\n"));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(text)
}

/// Runs the plan, as root, or with sudo or doas.
pub(crate) fn apply(context: &Context, plan: &SetupPlan) -> crate::Result<()> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    match Privilege::detect() {
        Privilege::Root => apply_as_root(context, context.env.user.clone()),
        Privilege::Passwordless(elevator) => apply_elevated(context, &elevator),
        Privilege::WithPassword(elevator) if context.reporter.can_ask() => {
            apply_elevated(context, &elevator)
        }
        Privilege::WithPassword(elevator) => Err(OperationError::with_code(
            exit::CONTAINER_NOT_STARTED,
            format!("set-up needs root, and {} asks for a password", elevator.name()),
        )
        .hint(Hint::run("cai setup", "set up from a terminal"))
        .into()),
        Privilege::None => Err(OperationError::with_code(
            exit::CONTAINER_NOT_STARTED,
            "set-up needs root, and neither sudo nor doas is installed",
        )
        .hint(Hint::new("run `cai setup` as root once"))
        .into()),
    }
}

/// Plans and runs this part as root, for root and for `user`.
///
/// # Errors
///
/// A step fails.
pub fn apply_as_root(context: &Context, user: Option<String>) -> crate::Result<()> {
    let plan = plan_for(context, user)?;
    let outcome = host::apply(&plan, &context.env.engine, &SetupReport(&context.reporter));
    context.reporter.finish_work();
    outcome?;
    if plan.isolation == Isolation::Userns {
        report_id_ranges(context);
    }
    Ok(())
}

/// Reports how the kernel keys of containers are isolated. Only root can probe it.
pub(crate) fn report_id_ranges(context: &Context) {
    match host::probe_id_ranges(&context.env.engine) {
        Ok(()) => context.reporter.say("each container gets its own id range"),
        Err(error) => context.reporter.warn(&format!(
            "containers share one id range, and have no access to the kernel's keys: {error}"
        )),
    }
}

/// Runs this program as root for the machine's part.
fn apply_elevated(context: &Context, elevator: &Elevator) -> crate::Result<()> {
    let program =
        context.env.program.clone().context("the path of the running program is unknown")?;
    let user = context.env.user.as_deref().unwrap_or("root");
    let variables = [("CONTAINAI_ENGINE_ROOT", context.env.engine.root())];
    let mut command = elevator.command(&variables, &program);
    command.args(["setup", "--system-part-for", user]);
    if let IsolationChoice::Only(isolation) = context.config.isolation.value {
        command.arg("--isolation").arg(isolation.to_string());
    }
    let status = command.stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run `{}`", elevator.name()))?;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(OperationError::with_code(
            u8::try_from(code).unwrap_or(exit::FAILED),
            "set-up of the machine failed; see above",
        )
        .into()),
        (None, signal) => {
            Err(crate::error::failed!("set-up of the machine was terminated by signal {signal:?}"))
        }
    }
}

/// Reports the progress of the set-up.
struct SetupReport<'a>(&'a Reporter);

impl SetupEvents for SetupReport<'_> {
    fn on(&self, event: &SetupEvent<'_>) {
        match event {
            SetupEvent::StepStarted { number, total, step } => {
                self.0.begin_work(&format!("[{number}/{total}] {}", step.describe()));
            }
            SetupEvent::Progress { percent, message } => {
                self.0.progress(*percent as u64, 100);
                self.0.detail(&format!("  {percent:3.0} % {message}"));
            }
            SetupEvent::Waiting { reason } => self.0.say(reason),
            _ => {}
        }
    }
}
