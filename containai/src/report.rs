//! Reports to the program that embeds this crate, and questions to its user.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use age::secrecy::SecretString;
use containai_core::engine::{Event, EventListener};
use containai_core::hint::{Advice as _, Hint};
use containai_core::lifecycle::{Step, StepListener};
use containai_docker::{ReclaimListener, Reclaimed};

use crate::{Error, lifecycle_log};

/// A report of this crate.
///
/// Texts may quote names that a container chose: escape control characters before they reach a
/// terminal ([`escape_control`]).
#[derive(Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// A result or a decision that the user should know.
    Info(&'a str),
    /// A step, for troubleshooting.
    Detail(&'a str),
    /// The operation continues, without something that was requested.
    Warning(&'a str),
    /// One of several operations failed; the others continue.
    Failed {
        /// The error.
        error: &'a Error,
        /// The hints of the error.
        hints: &'a [Hint],
    },
    /// A long operation starts.
    Started(&'a str),
    /// The progress of a copy. Unit: bytes and files; a `total` or `files` of 0 is unknown.
    Copied {
        /// The copied bytes.
        done: u64,
        /// All bytes.
        total: u64,
        /// The copied files.
        files: u64,
    },
    /// The operation of [`Report::Started`] has ended.
    Finished,
    /// A data volume was exported to this file.
    Exported {
        /// The file.
        file: &'a Path,
    },
    /// A step of a container's lifecycle begins.
    Step(&'a Step),
    /// An event of the step, or of another operation of the engine.
    Lifecycle(Event<'a>),
    /// Files of a workspace that belonged to container ids were returned to its owner.
    Reclaimed {
        /// The workspace.
        workspace: &'a Path,
        /// The number of files.
        done: Reclaimed,
    },
}

/// Receives the reports of this crate, and answers its questions.
///
/// Every method has a default: a program that implements none of them gets no reports, and
/// every question is answered with no.
pub trait Frontend: Send + Sync {
    /// Receives a report.
    fn report(&self, report: Report<'_>) {
        let _ = report;
    }

    /// Whether a person can answer questions. Default: no.
    fn can_ask(&self) -> bool {
        false
    }

    /// Asks a yes-or-no question. Default: no.
    fn confirm(&self, question: &str) -> bool {
        let _ = question;
        false
    }

    /// Asks for a secret without showing it. Default: `None`.
    fn secret(&self, prompt: &str) -> Option<SecretString> {
        let _ = prompt;
        None
    }

    /// Shows text on the terminal while a command in a container uses it in raw mode: each line has
    /// to start at the left margin. Default: does nothing.
    fn show_in_session(&self, text: &str) {
        let _ = text;
    }

    /// Called when the engine's socket refuses this user, before any change. A user whom the set-up
    /// has added to the engine's group gets the group with a new login; a program may restart
    /// itself with the group through sg(1). Default: continues without it.
    ///
    /// # Errors
    ///
    /// The program could not be restarted.
    fn join_engine_group(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Whether `SIGINT`, `SIGTERM` and `SIGHUP` to this process interrupt an operation, which then
    /// cleans up and fails with [`exit::INTERRUPTED`](containai_core::exit::INTERRUPTED) or the code
    /// of the signal. From then on, these signals do not end the process by themselves. Default:
    /// no, signals are left to the program, which drops the future instead.
    fn handles_signals(&self) -> bool {
        false
    }

    /// Returns a stream for the output of programs that this crate runs. Default: `None`, which
    /// discards it.
    fn program_output(&self) -> Option<OwnedFd> {
        None
    }
}

/// A program without a user.
#[derive(Clone, Copy, Debug)]
struct Unattended;

impl Frontend for Unattended {}

/// A handle to the [`Frontend`] of the program.
#[derive(Clone)]
pub struct Reporter(Arc<dyn Frontend>);

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}

impl Default for Reporter {
    fn default() -> Self {
        Self::new(Unattended)
    }
}

impl Reporter {
    /// Creates a handle to this frontend.
    pub fn new(frontend: impl Frontend + 'static) -> Self {
        Self(Arc::new(frontend))
    }

    pub(crate) fn say(&self, text: &str) {
        self.0.report(Report::Info(text));
    }

    pub(crate) fn detail(&self, text: &str) {
        self.0.report(Report::Detail(text));
    }

    pub(crate) fn warn(&self, text: &str) {
        self.0.report(Report::Warning(text));
    }

    pub(crate) fn begin_work(&self, what: &str) {
        self.0.report(Report::Started(what));
    }

    pub(crate) fn transfer(&self, done: u64, total: u64, files: u64) {
        self.0.report(Report::Copied { done, total, files });
    }

    pub(crate) fn progress(&self, done: u64, total: u64) {
        self.0.report(Report::Lifecycle(Event::Progress { done, total: Some(total) }));
    }

    pub(crate) fn finish_work(&self) {
        self.0.report(Report::Finished);
    }

    pub(crate) fn error(&self, error: &Error) {
        self.0.report(Report::Failed { error, hints: &error.hints() });
    }

    pub(crate) fn can_ask(&self) -> bool {
        self.0.can_ask()
    }

    pub(crate) fn ask(&self, question: &str) -> bool {
        self.0.confirm(question)
    }

    pub(crate) fn show_in_session(&self, text: &str) {
        self.0.show_in_session(text);
    }

    pub(crate) fn join_engine_group(&self) -> std::io::Result<()> {
        self.0.join_engine_group()
    }

    pub(crate) fn exported(&self, file: &Path) {
        self.0.report(Report::Exported { file });
    }

    pub(crate) fn handles_signals(&self) -> bool {
        self.0.handles_signals()
    }

    pub(crate) fn program_output(&self) -> Option<OwnedFd> {
        self.0.program_output()
    }
}

impl EventListener for Reporter {
    fn on_event(&self, event: Event<'_>) {
        lifecycle_log::log(&event);
        self.0.report(Report::Lifecycle(event));
    }
}

impl StepListener for Reporter {
    fn on_step(&self, step: &Step) {
        lifecycle_log::log_step(step);
        self.0.report(Report::Step(step));
    }
}

impl ReclaimListener for Reporter {
    fn reclaimed(&self, workspace: &Path, done: Reclaimed) {
        self.0.report(Report::Reclaimed { workspace, done });
    }
}

/// Replaces control characters except newlines, so that text of engines, containers and files
/// cannot move a terminal's cursor.
#[must_use]
pub fn escape_control(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}
