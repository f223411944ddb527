//! Our ends of a remote command's streams.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::input::Input;
use super::output::Output;
use super::signals::Signals;

/// Where the streams of a remote command come from and go to.
#[derive(Debug, Default)]
pub struct Stdio {
    /// What the command reads.
    pub input: Input,
    /// What it writes to its standard output, or to its terminal.
    pub output: Output,
    /// What it writes to its standard error.
    pub error: Output,
    /// Whether signals to this process are meant for it.
    pub signals: Signals,
}

impl Stdio {
    /// The streams and signals of this process, as a command line tool wants
    /// them. A stream that is closed counts as empty.
    ///
    /// Their files are never set to `O_NONBLOCK`, which would reach the shell
    /// that started this process.
    #[must_use]
    pub fn inherit() -> Self {
        let output = |fd: io::Result<OwnedFd>| fd.map_or(Output::Null, |fd| File::from(fd).into());
        Self {
            input: own(io::stdin()).map_or(Input::Null, Input::File),
            output: output(own(io::stdout())),
            error: output(own(io::stderr())),
            signals: Signals::Forward,
        }
    }
}

fn own(stream: impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}
