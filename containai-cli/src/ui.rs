//! The only printer: data to stdout, messages to stderr.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use age::secrecy::SecretString;
use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use containai_core::exit;
use containai_core::hint::{Hint, causes};
use containai_core::lifecycle::{Event, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::env::{Env, Terminals};
use crate::group_reexec;
use containai::OperationError;
use containai::report::{Frontend, Report, escape_control};

/// The other source of a passphrase.
pub(crate) const PASSPHRASE_HINT: &str = "name a file that contains it with `--passphrase-file`";

/// Templates of progress bars.
const SPINNER: &str = "{spinner} {msg} [{elapsed}]";
const BYTES: &str = "{spinner} {msg} [{bar:30}] {percent}% [{elapsed}]";
const TRANSFER: &str = "[{bar:30}] {percent}% {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const FILES: &str = "{spinner} {msg}, {bytes} {bytes_per_sec} [{elapsed}]";

/// The amount of messages on stderr.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// Results, warnings and slow operations.
    Normal,
    /// Each step, and the output of builds.
    Verbose,
}

/// The printer.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    verbosity: Verbosity,
    terminals: Terminals,
    progress_bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Ui {
    pub(crate) fn new(verbosity: Verbosity, terminals: Terminals) -> Self {
        Self { verbosity, terminals, progress_bar: Arc::default() }
    }

    pub(crate) fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// Writes data to stdout; a closed pipe is not an error.
    pub(crate) fn data(&self, text: &str) -> anyhow::Result<()> {
        self.print_lines(&format!("{text}\n")).map(drop)
    }

    /// Writes lines to stdout at once; breaks if the pipe is closed.
    pub(crate) fn print_lines(&self, text: &str) -> anyhow::Result<ControlFlow<()>> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            outcome => outcome.with_context(stdout_error).map(ControlFlow::Continue),
        }
    }

    /// Prints a result or a decision.
    pub(crate) fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.write_line(text);
        }
    }

    /// Rings the bell of the terminal.
    pub(crate) fn ring(&self) -> anyhow::Result<()> {
        if self.terminals().stderr {
            io::stderr().write_all(b"\x07")?;
        }
        Ok(())
    }

    /// Prints a detail in verbose mode.
    pub(crate) fn verbose(&self, text: &str) {
        if self.verbosity == Verbosity::Verbose {
            self.write_line(text);
        }
    }

    /// Prints a warning.
    pub(crate) fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            let style = AnsiColor::Yellow.on_default().bold();
            self.write_line(&format!("{style}warning:{style:#} {}", escape_control(text)));
        }
    }

    /// Prints an error with its causes and hints.
    pub(crate) fn error(&self, error: &(dyn std::error::Error + 'static), hints: &[Hint]) {
        self.finish_progress();
        let red = AnsiColor::Red.on_default().bold();
        let bold = Style::new().bold();
        let mut text = format!("{red}error:{red:#} {}", escape_control(&error.to_string()));
        for cause in causes(error) {
            text.push_str(&format!("\n  {bold}because:{bold:#} {}", escape_control(&cause)));
        }
        for hint in hints {
            let style = AnsiColor::Cyan.on_default().bold();
            text.push_str(&format!("\n{style}hint:{style:#} {}", escape_control(hint.as_ref())));
        }
        self.write_line(&text);
    }

    /// Asks a yes-or-no question; returns `false` without a terminal.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        self.terminals.can_ask()
            && dialoguer::Confirm::new()
                .with_prompt(question)
                .default(false)
                .interact_opt()
                .is_ok_and(|answer| answer == Some(true))
    }

    /// Asks for a secret, which is not echoed. `hint` names another source.
    pub(crate) fn prompt_secret(&self, what: &str, hint: &str) -> anyhow::Result<SecretString> {
        self.require_terminal(what, hint)?;
        Ok(dialoguer::Password::new().with_prompt(what).interact()?.into())
    }

    /// Asks for a new secret, twice.
    pub(crate) fn prompt_new_secret(&self, what: &str, hint: &str) -> anyhow::Result<SecretString> {
        self.require_terminal(what, hint)?;
        let again = format!("{what} again");
        let asked = dialoguer::Password::new().with_prompt(what);
        Ok(asked.with_confirmation(again, "The two inputs differ.").interact()?.into())
    }

    fn require_terminal(&self, what: &str, hint: &str) -> Result<(), OperationError> {
        if self.terminals.can_ask() {
            return Ok(());
        }
        let message =
            format!("the {} is required but stdin is not a terminal", what.to_lowercase());
        let hint = Hint::new(hint);
        Err(OperationError::usage(message).hint(hint))
    }

    /// Shows that an operation started: a progress bar on a terminal, else a line.
    pub(crate) fn start_progress(&self, what: &str) {
        self.finish_progress();
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        if !self.terminals.stderr || self.verbosity == Verbosity::Verbose {
            self.write_line(what);
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(SPINNER));
        bar.set_message(escape_control(what));
        bar.enable_steady_tick(Duration::from_millis(100));
        self.set_progress_bar(Some(bar));
    }

    /// Updates the progress bar.
    pub(crate) fn set_progress(&self, done: u64, total: Option<u64>) {
        let Ok(work) = self.progress_bar.lock() else { return };
        if let (Some(bar), Some(total)) = (work.as_ref(), total) {
            if bar.length() != Some(total) {
                bar.set_length(total);
                bar.set_style(style(BYTES));
            }
            bar.set_position(done);
        }
    }

    /// Updates the progress bar of a copy, on a terminal: bytes, and `files` unless it is 0.
    pub(crate) fn set_transfer_progress(&self, done: u64, total: u64, files: u64) {
        if self.verbosity == Verbosity::Quiet || !self.terminals.stderr || done == 0 {
            return;
        }
        let Ok(mut work) = self.progress_bar.lock() else { return };
        let bar = work.get_or_insert_with(|| {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        });
        bar.set_style(style(if files == 0 { TRANSFER } else { FILES }));
        bar.set_length(total.max(done));
        bar.set_position(done);
        bar.set_message(format!("{files} files"));
    }

    /// Removes the progress bar.
    pub(crate) fn finish_progress(&self) {
        self.set_progress_bar(None);
    }

    fn set_progress_bar(&self, bar: Option<ProgressBar>) {
        if let Ok(mut work) = self.progress_bar.lock()
            && let Some(old) = std::mem::replace(&mut *work, bar)
        {
            old.finish_and_clear();
        }
    }

    fn write_line(&self, text: &str) {
        let print = || {
            // A closed stderr leaves no place for a report.
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        };
        match self.progress_bar.lock().ok().and_then(|work| work.clone()) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// The frontend that the library reports to.
pub(crate) struct UiFrontend {
    pub(crate) ui: Ui,
    pub(crate) env: Env,
}

impl Frontend for UiFrontend {
    fn report(&self, report: Report<'_>) {
        let ui = &self.ui;
        match report {
            Report::Info(text) => ui.say(text),
            Report::Detail(text) => ui.verbose(text),
            Report::Warning(text) => ui.warn(text),
            Report::Failed { error, hints } => ui.error(error, hints),
            Report::Started(what) => ui.start_progress(what),
            Report::Copied { done, total, files } => ui.set_transfer_progress(done, total, files),
            Report::Finished => ui.finish_progress(),
            // A closed pipe ends the program soon.
            Report::Exported { file } => drop(ui.data(&file.display().to_string())),
            Report::Step(step) => ui.report_step(step),
            Report::Lifecycle(event) => ui.event(&event),
            Report::Reclaimed { workspace, done } => {
                let lines = containai::reclaim::describe(&workspace.to_string_lossy(), done);
                lines.iter().for_each(|line| ui.say(line));
            }
            _ => {}
        }
    }

    fn can_ask(&self) -> bool {
        self.ui.terminals.can_ask()
    }

    fn confirm(&self, question: &str) -> bool {
        self.ui.confirm(question)
    }

    fn show_in_session(&self, text: &str) {
        // The command may have left colors behind, and its cursor anywhere in a line.
        let text = escape_control(text).replace('\n', "\r\n");
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\x1b[0m\r\n{text}").and_then(|()| stderr.flush());
    }

    fn join_engine_group(&self) -> io::Result<()> {
        group_reexec::reexec_with_group(&self.env)
    }

    fn handles_signals(&self) -> bool {
        true
    }

    fn program_output(&self) -> Option<OwnedFd> {
        io::stderr().as_fd().try_clone_to_owned().ok()
    }
}

impl Ui {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Stage(what) => self.start_progress(what),
            Event::Progress { done, total } => self.set_progress(*done, *total),
            Event::Output(line) => self.verbose(&format!("  {}", escape_control(line))),
            Event::Notice(text) => self.verbose(&format!("note: {}", escape_control(text))),
            Event::Warning(text) => self.warn(text),
            _ => {}
        }
    }

    /// Prints a step; quick ones only in verbose mode.
    fn report_step(&self, step: &Step) {
        self.finish_progress();
        self.verbose(&containai::lifecycle_plan::describe_step(step).1);
        if self.verbosity == Verbosity::Normal
            && let Step::Create { name } = step
        {
            self.say(&format!("creating container {name}"));
        }
    }
}

fn stdout_error() -> OperationError {
    OperationError::with_code(exit::FAILED, "cannot write to standard output")
        .hint(Hint::new("check for free space at its destination, then run the command again"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
