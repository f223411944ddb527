//! Reports to the program that embeds this crate, and questions to its user.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use age::secrecy::SecretString;
use containai_core::hint::{Advice as _, Hint};
use containai_core::lifecycle::{Event, EventListener};
use containai_docker::{ReclaimListener, Reclaimed};

use crate::{Error, lifecycle_log};

/// A report of this crate.
///
/// Texts may quote names that a container chose: escape control characters before they reach a
/// terminal ([`harmless`]).
#[derive(Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// A result or a decision that the user should know.
    Info(&'a str),
    /// A step, of interest when something is being investigated.
    Detail(&'a str),
    /// The operation goes on, without something that was asked for.
    Warning(&'a str),
    /// One of several operations failed; the others go on.
    Failed {
        /// The error.
        error: &'a Error,
        /// What to do next.
        hints: &'a [Hint],
    },
    /// An operation that takes time starts.
    Started(&'a str),
    /// The progress of a copy. Unit: bytes and files; a `total` or `files` of 0 is unknown.
    Copied {
        /// Bytes that were copied.
        done: u64,
        /// Bytes in all.
        total: u64,
        /// Files that were copied.
        files: u64,
    },
    /// The operation that [`Report::Started`] named has ended.
    Finished,
    /// A data volume was exported to this file.
    Exported {
        /// The file.
        file: &'a Path,
    },
    /// An event of a container's lifecycle.
    Lifecycle(Event<'a>),
    /// Files of a workspace that belonged to ids of containers were given back to its owner.
    Reclaimed {
        /// The workspace.
        workspace: &'a Path,
        /// How many, and of which there were too many.
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

    /// Asks a question that is answered with yes or no. Default: no.
    fn confirm(&self, question: &str) -> bool {
        let _ = question;
        false
    }

    /// Asks for a secret, which is not shown. Default: `None`, none is available.
    fn secret(&self, prompt: &str) -> Option<SecretString> {
        let _ = prompt;
        None
    }

    /// Called when the engine's socket refuses this user, before anything else is done. A user whom
    /// set-up has just added to the engine's group gets the group with a new login session; a
    /// program may restart itself with it through `sg`(1). Default: goes on.
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

    /// A stream for the output of programs that this crate runs for the user. Default: `None`,
    /// their output is discarded.
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
    /// Reports to this frontend.
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
