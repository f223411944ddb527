//! The only printer: stdout is data, stderr is talk.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use age::secrecy::SecretString;
use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Error};
use containai_core::exit;
use containai_core::hint::{Hint, causes};
use containai_core::lifecycle::{Event, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::env::{Env, Terminals};
use crate::regroup;
use containai::OperationError;
use containai::report::{self, Report, harmless};

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Volume {
    /// Errors only.
    Quiet,
    /// What takes time, and what the user should know.
    Normal,
    /// Every step and the output of builds.
    Verbose,
}

/// Everything that `cai` says goes through here.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    volume: Volume,
    terminals: Terminals,
    work: Arc<Mutex<Option<ProgressBar>>>,
}

impl Ui {
    pub(crate) fn new(volume: Volume, terminals: Terminals) -> Self {
        Self { volume, terminals, work: Arc::default() }
    }

    pub(crate) fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// Writes data to stdout. A reader that went away ends the program quietly.
    pub(crate) fn data(&self, text: &str) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome.with_context(unwritten),
        }
    }

    /// Writes lines to stdout as they come; breaks when nobody reads them any
    /// more.
    pub(crate) fn lines(&self, text: &str) -> anyhow::Result<ControlFlow<()>> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            outcome => outcome.with_context(unwritten).map(ControlFlow::Continue),
        }
    }

    /// Says something that the user should know.
    pub(crate) fn say(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.line(text);
        }
    }

    /// Says something that only a curious user wants to know.
    pub(crate) fn detail(&self, text: &str) {
        if self.volume == Volume::Verbose {
            self.line(text);
        }
    }

    /// Warns.
    pub(crate) fn warn(&self, text: &str) {
        if self.volume >= Volume::Normal {
            let style = AnsiColor::Yellow.on_default().bold();
            self.line(&format!("{style}warning:{style:#} {}", harmless(text)));
        }
    }

    /// Shows an error with its causes and hints.
    pub(crate) fn error(&self, error: &Error, hints: &[Hint]) {
        self.failed(error.as_ref(), hints);
    }

    fn failed(&self, error: &(dyn std::error::Error + 'static), hints: &[Hint]) {
        self.finish_work();
        let red = AnsiColor::Red.on_default().bold();
        let bold = Style::new().bold();
        let mut text = format!("{red}error:{red:#} {}", harmless(&error.to_string()));
        for cause in causes(error) {
            text.push_str(&format!("\n  {bold}because:{bold:#} {}", harmless(&cause)));
        }
        for hint in hints {
            let style = AnsiColor::Cyan.on_default().bold();
            text.push_str(&format!("\n{style}hint:{style:#} {}", harmless(hint.as_ref())));
        }
        self.line(&text);
    }

    /// Asks a question; only a clear yes is one. Nobody to ask means no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        self.terminals.can_ask()
            && dialoguer::Confirm::new()
                .with_prompt(question)
                .default(false)
                .interact_opt()
                .is_ok_and(|answer| answer == Some(true))
    }

    /// Asks for a secret, which is not shown.
    pub(crate) fn secret(&self, what: &str) -> anyhow::Result<SecretString> {
        self.require_person(what)?;
        Ok(dialoguer::Password::new().with_prompt(what).interact()?.into())
    }

    /// Asks for a new secret, twice.
    pub(crate) fn new_secret(&self, what: &str) -> anyhow::Result<SecretString> {
        self.require_person(what)?;
        let again = format!("{what} again");
        let asked = dialoguer::Password::new().with_prompt(what);
        Ok(asked.with_confirmation(again, "That is another one.").interact()?.into())
    }

    fn require_person(&self, what: &str) -> Result<(), OperationError> {
        match self.terminals.can_ask() {
            true => Ok(()),
            false => {
                let message = format!("there is nobody to ask for the {}", what.to_lowercase());
                let hint = Hint::new("name a file that holds it with `--passphrase-file`");
                Err(OperationError::usage(message).hint(hint))
            }
        }
    }

    /// Begins a piece of work that takes time: a bar on a terminal, else a line.
    pub(crate) fn begin_work(&self, what: &str) {
        self.finish_work();
        if self.volume == Volume::Quiet {
            return;
        }
        if !self.terminals.stderr || self.volume == Volume::Verbose {
            self.line(what);
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(spinner());
        bar.set_message(harmless(what));
        bar.enable_steady_tick(Duration::from_millis(100));
        self.keep(Some(bar));
    }

    /// Shows how far the work is.
    pub(crate) fn progress(&self, done: u64, total: Option<u64>) {
        let Ok(work) = self.work.lock() else { return };
        if let (Some(bar), Some(total)) = (work.as_ref(), total) {
            if bar.length() != Some(total) {
                bar.set_length(total);
                bar.set_style(measured());
            }
            bar.set_position(done);
        }
    }

    /// Shows how far a copy is: bytes, and files where nobody knows how many.
    /// Only a terminal gets to see it.
    pub(crate) fn transfer(&self, done: u64, total: u64, files: u64) {
        if self.volume == Volume::Quiet || !self.terminals.stderr || done == 0 {
            return;
        }
        let Ok(mut work) = self.work.lock() else { return };
        let bar = work.get_or_insert_with(|| {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        });
        bar.set_style(if files == 0 { copied() } else { counted() });
        bar.set_length(total.max(done));
        bar.set_position(done);
        bar.set_message(format!("{files} files"));
    }

    /// Ends the piece of work; its bar goes.
    pub(crate) fn finish_work(&self) {
        self.keep(None);
    }

    fn keep(&self, bar: Option<ProgressBar>) {
        if let Ok(mut work) = self.work.lock()
            && let Some(old) = std::mem::replace(&mut *work, bar)
        {
            old.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        let print = || {
            // Nobody is left to tell when stderr is gone.
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        };
        match self.work.lock().ok().and_then(|work| work.clone()) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// The frontend that the library reports to.
pub(crate) struct Frontend {
    pub(crate) ui: Ui,
    pub(crate) env: Env,
}

impl report::Frontend for Frontend {
    fn report(&self, report: Report<'_>) {
        let ui = &self.ui;
        match report {
            Report::Info(text) => ui.say(text),
            Report::Detail(text) => ui.detail(text),
            Report::Warning(text) => ui.warn(text),
            Report::Failed { error, hints } => ui.failed(error, hints),
            Report::Started(what) => ui.begin_work(what),
            Report::Copied { done, total, files } => ui.transfer(done, total, files),
            Report::Finished => ui.finish_work(),
            // A reader that went away has ended the program.
            Report::Exported { file } => drop(ui.data(&file.display().to_string())),
            Report::Lifecycle(event) => ui.event(event),
            Report::Reclaimed { workspace, done } => {
                let lines = crate::wire::reclaim::lines(&workspace.to_string_lossy(), done);
                lines.iter().for_each(|line| ui.say(&harmless(line)));
            }
            _ => {}
        }
    }

    fn can_ask(&self) -> bool {
        self.ui.terminals.can_ask()
    }

    fn confirm(&self, question: &str) -> bool {
        self.ui.ask(question)
    }

    fn join_engine_group(&self) -> io::Result<()> {
        regroup::as_member(&self.env)
    }

    fn program_output(&self) -> Option<OwnedFd> {
        io::stderr().as_fd().try_clone_to_owned().ok()
    }
}

impl Ui {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Step(step) => self.step(step),
            Event::Stage(what) => self.begin_work(what),
            Event::Progress { done, total } => self.progress(done, total),
            Event::Output(line) => self.detail(&format!("  {}", harmless(line))),
            Event::Notice(text) => self.detail(&format!("note: {}", harmless(text))),
            _ => {}
        }
    }
}

impl Ui {
    /// Steps that take a blink are told only to the curious.
    fn step(&self, step: &Step) {
        self.finish_work();
        self.detail(&crate::wire::plan::words(step).1);
        if self.volume == Volume::Normal
            && let Step::Create { name } = step
        {
            self.say(&format!("creating container {name}"));
        }
    }
}

fn unwritten() -> OperationError {
    OperationError::with_code(exit::FAILED, "cannot write to the standard output")
        .hint(Hint::new("see that there is room where it leads, and run again"))
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} [{elapsed}]")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn copied() -> ProgressStyle {
    ProgressStyle::with_template(
        "[{bar:30}] {percent}% {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}

fn counted() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg}, {bytes} {bytes_per_sec} [{elapsed}]")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn measured() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {percent}% [{elapsed}]")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
