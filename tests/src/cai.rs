//! A call of `cai`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Engine, Outcome, Running, Terminal, TestRoot};

/// The variables that child processes of the tests inherit: access to the network, and nothing of
/// the user.
const INHERITED_VARIABLES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A call of `cai` that has not run yet.
#[derive(Clone, Debug)]
pub struct Cai {
    prefix: Vec<OsString>,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
    stdin: Vec<u8>,
    timeout: Duration,
}

impl Cai {
    /// Returns a call for the owner of `home`, with this engine as the engine of the machine.
    pub fn new(home: &Path, engine: &Engine) -> Self {
        let variable = |name: &str, value: &OsStr| (name.into(), value.to_owned());
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let mut environment = vec![
            variable("HOME", home.as_os_str()),
            variable("PATH", path.as_ref()),
            variable("LANG", "C.UTF-8".as_ref()),
            variable("TERM", "xterm".as_ref()),
            variable("CONTAINAI_ENGINE_ROOT", engine.root().as_os_str()),
        ];
        let passed =
            INHERITED_VARIABLES.into_iter().filter_map(|n| Some((n.into(), std::env::var_os(n)?)));
        environment.extend(passed);
        Self {
            prefix: Vec::new(),
            args: Vec::new(),
            environment,
            directory: home.to_owned(),
            stdin: Vec::new(),
            timeout: Duration::from_secs(180),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the working directory; default: the home directory.
    #[must_use]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets the input on stdin; default: empty.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Sets the time limit; default: three minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Puts words in front of the program, such as `setpriv --reuid 1234`.
    #[must_use]
    pub fn prefixed_with(mut self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.prefix = words.into_iter().map(Into::into).chain(self.prefix).collect();
        self
    }

    /// Runs it as a user without groups and privileges.
    #[must_use]
    pub fn as_user(self, uid: u32) -> Self {
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        self.prefixed_with(["setpriv", &user, &group, "--clear-groups", "--no-new-privs"])
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Outcome {
        let stdin = self.stdin.clone();
        let mut running = self.start();
        running.feed_stdin(stdin);
        running.outcome()
    }

    /// Starts it without waiting; stdin stays open.
    #[track_caller]
    pub fn start(self) -> Running {
        Running::start(self.command(), self.timeout)
    }

    /// Starts it on a terminal with this many columns and rows.
    #[track_caller]
    pub fn on_terminal(self, columns: u16, rows: u16) -> Terminal {
        Terminal::start(&self.command(), columns, rows)
    }

    /// Returns the call as a [`Command`].
    pub fn command(&self) -> Command {
        let mut words = self.prefix.iter().cloned().chain([TestRoot::cai().into()]);
        let mut command = Command::new(words.next().expect("at least the program"));
        command.args(words).args(&self.args).current_dir(&self.directory);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
