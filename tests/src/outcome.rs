//! The outcome of a program and expectations on it.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

/// Returns the stdout of a program that gets no input and has to succeed.
///
/// # Panics
///
/// When it fails.
#[track_caller]
pub fn output_of(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the program is installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The exit status and output of a program. A failed expectation shows all of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub(crate) line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    /// Expects exit status 0.
    #[track_caller]
    pub fn success(&self) -> &Self {
        self.code(0)
    }

    /// Expects this exit status.
    #[track_caller]
    pub fn code(&self, code: u8) -> &Self {
        assert_eq!(self.status.code(), Some(i32::from(code)), "exit status of {self}");
        self
    }

    /// Expects exactly this on stdout.
    #[track_caller]
    pub fn prints(&self, expected: &str) -> &Self {
        assert_eq!(self.stdout(), expected, "stdout of {self}");
        self
    }

    /// Expects this line on stdout, among others.
    #[track_caller]
    pub fn prints_line(&self, expected: &str) -> &Self {
        assert!(self.stdout().lines().any(|line| line == expected), "no `{expected}` in {self}");
        self
    }

    /// Expects this somewhere on stderr.
    #[track_caller]
    pub fn stderr_contains(&self, fragment: &str) -> &Self {
        assert!(self.stderr().contains(fragment), "no `{fragment}` on stderr of {self}");
        self
    }

    /// Expects this nowhere on stderr.
    #[track_caller]
    pub fn stderr_lacks(&self, fragment: &str) -> &Self {
        assert!(!self.stderr().contains(fragment), "`{fragment}` on stderr of {self}");
        self
    }

    /// Expects a reported failure: this exit status, nothing on stdout, one `error:` line that
    /// contains `fragment`, and at least one `hint:`.
    #[track_caller]
    pub fn fails(&self, code: u8, fragment: &str) -> &Self {
        self.code(code).prints("");
        let stderr = self.stderr();
        let errors: Vec<_> = stderr.lines().filter(|line| line.starts_with("error:")).collect();
        assert_eq!(errors.len(), 1, "one `error:` line is expected of {self}");
        assert!(stderr.contains(fragment), "no `{fragment}` on stderr of {self}");
        let is_hinted = stderr.lines().any(|line| line.starts_with("hint:"));
        assert!(is_hinted, "no `hint:` line in {self}");
        assert!(!stderr.contains("panicked"), "a panic in {self}");
        self
    }

    /// Returns the exit status, 128 + N after signal N, as shells do.
    pub fn status(&self) -> i32 {
        self.status.code().or(self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }

    /// Returns stdout as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns stdout unchanged.
    pub fn bytes(&self) -> &[u8] {
        &self.stdout
    }

    /// Returns stderr as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Returns the only line of stdout, without its line break.
    #[track_caller]
    pub fn line(&self) -> String {
        let stdout = self.success().stdout();
        assert_eq!(stdout.lines().count(), 1, "one line is expected of {self}");
        stdout.trim_end_matches('\n').to_owned()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.line, self.status)?;
        let shown = String::from_utf8_lossy(&self.stdout[..self.stdout.len().min(4000)]);
        write!(f, "\n--- stdout ({} bytes)\n{shown}", self.stdout.len())?;
        write!(f, "\n--- stderr\n{}\n---", self.stderr())
    }
}
