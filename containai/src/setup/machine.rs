//! The machine's part of set-up.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::config::IsolationChoice;
use containai_core::engine::Isolation;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::host::{
    self, Privilege, SetupEvent, SetupEvents, SetupFacts, SetupOptions, SetupPlan, StepDetail,
};

use crate::context::Context;
use crate::error::OperationError;
use crate::report::Reporter;

/// What is missing on this machine.
pub(crate) fn plan(context: &Context) -> crate::Result<SetupPlan> {
    plan_for(context, context.env.user.clone())
}

fn plan_for(context: &Context, user: Option<String>) -> crate::Result<SetupPlan> {
    let program = context.env.program.clone().context("cannot find the program that is running")?;
    let facts = SetupFacts::gather(&context.env.engine, &program)?;
    let mut options = SetupOptions::new(program);
    options.isolation = context.config.isolation.value;
    options.user = user;
    Ok(host::plan(&facts, &options, &context.env.engine)?)
}

/// Every step with its exact commands and files.
pub fn plan_text(context: &Context) -> crate::Result<String> {
    let mut text = String::new();
    for step in &plan(context)?.steps {
        text.push_str(&format!("- {}\n", step.describe()));
        for detail in step.details() {
            match detail {
                StepDetail::Command(command) => text.push_str(&format!("    $ {command}\n")),
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

/// Does the plan, as root or through sudo.
pub(crate) fn apply(context: &Context, plan: &SetupPlan) -> crate::Result<()> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    match Privilege::detect() {
        Privilege::Root => apply_as_root(context, context.env.user.clone()),
        Privilege::Sudo => apply_with_sudo(context),
        Privilege::SudoWithPassword if context.reporter.can_ask() => apply_with_sudo(context),
        Privilege::SudoWithPassword => Err(OperationError::with_code(
            exit::CONTAINER_NOT_STARTED,
            "set-up needs root, and sudo would ask for a password",
        )
        .hint(Hint::run("cai setup", "set up from a terminal"))
        .into()),
        Privilege::None => Err(OperationError::with_code(
            exit::CONTAINER_NOT_STARTED,
            "set-up needs root, and there is no sudo",
        )
        .hint(Hint::new("run `cai setup` as root once"))
        .into()),
    }
}

/// Plans and does the machine's part, for `user` beside root.
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

/// Says how containers are kept from each other's keys. Only root can try it.
pub(crate) fn report_id_ranges(context: &Context) {
    match host::probe_id_ranges(&context.env.engine) {
        Ok(()) => context.reporter.say("each container gets an id range of its own"),
        Err(error) => context.reporter.warn(&format!(
            "containers share one id range, and have no access to the kernel's keys: {error}"
        )),
    }
}

/// Runs this very program as root for the machine's part. Variables that
/// configure something are passed by name, because sudo drops them.
fn apply_with_sudo(context: &Context) -> crate::Result<()> {
    let program = context.env.program.clone().context("cannot find the program that is running")?;
    let user = context.env.user.as_deref().unwrap_or("root");
    let root = context.env.engine.root().display();
    let mut command = Command::new("sudo");
    command.arg("--").arg("env").arg(format!("CONTAINAI_ENGINE_ROOT={root}")).arg(program);
    command.args(["setup", "--system-part-for", user]);
    if let IsolationChoice::Only(isolation) = context.config.isolation.value {
        command.arg("--isolation").arg(isolation.to_string());
    }
    let status = command.stdout(Stdio::null()).status().context("cannot run `sudo`")?;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(OperationError::with_code(
            u8::try_from(code).unwrap_or(exit::FAILED),
            "set-up of the machine failed; see above",
        )
        .into()),
        (None, signal) => {
            Err(crate::error::failed!("set-up of the machine was ended by signal {signal:?}"))
        }
    }
}

/// Shows set-up's progress.
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
