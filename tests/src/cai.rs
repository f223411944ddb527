//! One call of `cai`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Engine, Outcome, Place, Running, Terminal};

/// What the tests' children may know of the environment: how to get out of the
/// machine, and nothing of the user.
const PASSED_ON: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A call of `cai` that has not happened yet.
#[derive(Clone, Debug)]
pub struct Cai {
    before: Vec<OsString>,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
    stdin: Vec<u8>,
    patience: Duration,
}

impl Cai {
    /// A call on behalf of the owner of `home`, with this engine as the
    /// machine's.
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
        let passed = PASSED_ON.into_iter().filter_map(|n| Some((n.into(), std::env::var_os(n)?)));
        environment.extend(passed);
        Self {
            before: Vec::new(),
            args: Vec::new(),
            environment,
            directory: home.to_owned(),
            stdin: Vec::new(),
            patience: Duration::from_secs(180),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Calls it in this directory; default: the home.
    #[must_use]
    pub fn inside(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Gives it this on stdin; default: nothing.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Gives it this long; default: three minutes.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Puts words in front of the program, such as `setpriv --reuid 1234`.
    #[must_use]
    pub fn behind(mut self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.before = words.into_iter().map(Into::into).chain(self.before).collect();
        self
    }

    /// Calls it as a user who is in no group and may do nothing special.
    #[must_use]
    pub fn as_user(self, uid: u32) -> Self {
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        self.behind(["setpriv", &user, &group, "--clear-groups", "--no-new-privs"])
    }

    /// Calls it and waits for its end.
    #[track_caller]
    pub fn run(self) -> Outcome {
        let stdin = self.stdin.clone();
        let mut running = self.start();
        running.feed(stdin);
        running.outcome()
    }

    /// Calls it and does not wait; stdin stays open.
    #[track_caller]
    pub fn start(self) -> Running {
        Running::start(self.command(), self.patience)
    }

    /// Calls it on a terminal of this many columns and rows.
    #[track_caller]
    pub fn on_terminal(self, columns: u16, rows: u16) -> Terminal {
        Terminal::start(&self.command(), columns, rows)
    }

    /// The call as the standard library has it.
    pub fn command(&self) -> Command {
        let mut words = self.before.iter().cloned().chain([Place::cai().into()]);
        let mut command = Command::new(words.next().expect("at least the program"));
        command.args(words).args(&self.args).current_dir(&self.directory);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
