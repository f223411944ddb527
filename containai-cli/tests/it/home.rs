//! A home directory and an engine root of their own, with nothing in them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No command here waits for anything that takes long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The directories of one test; removed with it.
pub(crate) struct Home {
    root: tempfile::TempDir,
}

impl Home {
    /// Makes a home directory, an engine root without an engine, and a
    /// workspace, in which commands run.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("cai-it-").tempdir().unwrap();
        for directory in ["home", "run", "engine", "workspace"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        Self { root }
    }

    /// Runs `cai` with these arguments, separated by spaces.
    ///
    /// Of the environment it gets what it needs to start, so that neither the
    /// user's settings nor an engine of the machine take part.
    pub(crate) fn run(&self, args: &str) -> Outcome {
        let path = |name: &str| self.root.path().join(name);
        let output = |name: &str| File::create(path(name)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_cai"))
            .args(args.split(' ').filter(|word| !word.is_empty()))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .env("EDITOR", "/bin/false")
            .env("HOME", path("home"))
            .env("XDG_RUNTIME_DIR", path("run"))
            .env("CONTAINAI_ENGINE_ROOT", path("engine"))
            .current_dir(path("workspace"))
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > TIMEOUT {
                child.kill().unwrap();
                panic!("`cai {args}` does not end");
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = |name: &str| self.redact(&fs::read_to_string(path(name)).unwrap());
        let (stdout, stderr) = (text("stdout"), text("stderr"));
        Outcome { args: args.to_owned(), status, stdout, stderr }
    }

    /// Replaces what differs between machines, checkouts and versions.
    fn redact(&self, text: &str) -> String {
        let real: PathBuf = self.root.path().canonicalize().unwrap();
        text.replace(&*real.to_string_lossy(), "[TEST]")
            .replace(&*self.root.path().to_string_lossy(), "[TEST]")
            .replace(env!("CARGO_BIN_EXE_cai"), "[CAI]")
            .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
            .replace(std::env::consts::ARCH, "[ARCH]")
    }
}

/// The result of one command.
pub(crate) struct Outcome {
    args: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The command with its exit status, stdout and stderr.
    pub(crate) fn transcript(&self) -> String {
        let status = self.status.code().map_or("none".to_owned(), |code| code.to_string());
        let stream = |name: &str, text: &str| match text.is_empty() {
            true => String::new(),
            false => format!("--- {name}\n{}\n", text.trim_end()),
        };
        let command = format!("$ cai {}", self.args);
        let (stdout, stderr) = (stream("stdout", &self.stdout), stream("stderr", &self.stderr));
        format!("{}\n--- status {status}\n{stdout}{stderr}", command.trim_end())
    }
}
