//! A shell on a pseudo-terminal, and the cells that it shows.

use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use containai_tests::{Person, Terminal, TestRoot, wait_until};

/// The longest time that a command may take.
const LIMIT: Duration = Duration::from_secs(180);

/// The prompt of the recorded shell.
const PROMPT: &str = "\x1b[1;34m~/src/api\x1b[0m $ ";

/// The time that a full-screen program gets to collect figures.
const SETTLING: Duration = Duration::from_secs(4);

/// The size of a terminal, in cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) columns: NonZero<u16>,
    pub(super) rows: NonZero<u16>,
}

/// A shell whose output is kept.
#[derive(Debug)]
pub(super) struct Recording {
    terminal: Terminal,
    size: Size,
    commands: usize,
}

impl Recording {
    /// Starts a shell of this person in a directory; new containers are made from `base`.
    pub(super) fn start(person: &Person<'_>, directory: &Path, size: Size) -> Self {
        let cai = person.cai(Vec::<String>::new()).command();
        let programs = TestRoot::cai().parent().unwrap_or(Path::new("/")).display();
        let mut shell = Command::new("bash");
        shell.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(directory);
        shell.env_clear();
        for (name, value) in cai.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        shell
            .env("PATH", format!("{programs}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
            .env("TERM", "xterm-256color")
            .env("CONTAINAI_IMAGE", "base")
            .env("TIMEFORMAT", "%R s")
            .env("PS1", PROMPT);
        let terminal = Terminal::start(&shell, size.columns.get(), size.rows.get());
        let recording = Self { terminal, size, commands: 0 };
        recording.wait_for_prompt();
        recording
    }

    /// Enters a command and waits for its end.
    pub(super) fn enter(&mut self, command: &str) {
        self.terminal.type_text(&format!("{command}\n"));
        self.commands += 1;
        self.wait_for_prompt();
    }

    /// Starts a full-screen program and waits until it shows a text, and figures.
    pub(super) fn open(&mut self, command: &str, text: &str) {
        self.terminal.type_text(&format!("{command}\n"));
        self.terminal.wait_for(text);
        thread::sleep(SETTLING);
    }

    /// The cells, as a terminal shows them now.
    pub(super) fn screen(&self) -> vt100::Screen {
        let mut parser = vt100::Parser::new(self.size.rows, self.size.columns, 0);
        parser.process(self.terminal.screen_text().as_bytes());
        parser.screen().clone()
    }

    fn wait_for_prompt(&self) {
        wait_until(LIMIT, "the prompt", || {
            let prompts = self.terminal.screen_text().matches(PROMPT).count();
            (prompts > self.commands).then_some(())
        });
    }
}
