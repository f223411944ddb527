//! The local ends of a remote command's streams.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::FileType;

use super::input::Input;
use super::output::Output;
use super::signals::Signals;
use super::stream_gate::StreamGate;

/// The standard streams of a remote command.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Stdio {
    /// The standard input.
    pub input: Input,
    /// The standard output, or the output of the terminal.
    pub output: Output,
    /// The standard error.
    pub error: Output,
    /// Whether signals to this process are forwarded.
    pub signals: Signals,
    /// Holds the input file and the outputs during questions; `None` never does.
    pub gate: Option<StreamGate>,
}

impl Stdio {
    /// Sets the standard input.
    #[must_use]
    pub fn with_input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// Sets the standard output.
    #[must_use]
    pub fn with_output(mut self, output: impl Into<Output>) -> Self {
        self.output = output.into();
        self
    }

    /// Sets the standard error.
    #[must_use]
    pub fn with_error(mut self, error: impl Into<Output>) -> Self {
        self.error = error.into();
        self
    }

    /// Sets whether signals to this process are forwarded.
    #[must_use]
    pub fn with_signals(mut self, signals: Signals) -> Self {
        self.signals = signals;
        self
    }

    /// Sets what holds the input file and the outputs during questions. Default: nothing.
    #[must_use]
    pub fn with_gate(mut self, gate: StreamGate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Returns the streams and signals of this process, as for a command line
    /// tool. A closed stream is empty.
    ///
    /// `O_NONBLOCK` is never set on the files, because they are shared with the
    /// shell that started this process.
    #[must_use]
    pub fn inherit() -> Self {
        let output = |fd: io::Result<OwnedFd>| fd.map_or(Output::Null, |fd| File::from(fd).into());
        Self {
            input: match duplicate(io::stdin()) {
                Ok(file) if !is_null_device(&file) => Input::File(file),
                _ => Input::Null,
            },
            output: output(duplicate(io::stdout())),
            error: output(duplicate(io::stderr())),
            signals: Signals::Forward,
            gate: None,
        }
    }
}

/// Whether this is null(4), which needs no reader thread.
fn is_null_device(file: &OwnedFd) -> bool {
    let null = rustix::fs::stat("/dev/null");
    match (rustix::fs::fstat(file), null) {
        (Ok(file), Ok(null)) => {
            FileType::from_raw_mode(file.st_mode) == FileType::CharacterDevice
                && file.st_rdev == null.st_rdev
        }
        _ => false,
    }
}

fn duplicate(stream: impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn recognizes_only_the_null_device() -> io::Result<()> {
        let check = |path: &str| io::Result::Ok(is_null_device(&File::open(path)?.into()));
        assert!(check("/dev/null")?);
        assert!(!check("/dev/zero")?);
        assert!(!check("/proc/self/stat")?);
        assert!(!is_null_device(&io::pipe()?.0.into()));
        Ok(())
    }
}
