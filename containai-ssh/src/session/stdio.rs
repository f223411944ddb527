//! Our ends of a remote command's streams.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::FileType;

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
            input: match own(io::stdin()) {
                Ok(file) if !is_null_device(&file) => Input::File(file),
                _ => Input::Null,
            },
            output: output(own(io::stdout())),
            error: output(own(io::stderr())),
            signals: Signals::Forward,
        }
    }
}

/// Whether it is what has nothing to read, null(4); nobody has to wait for that.
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

fn own(stream: impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn only_the_null_device_has_nothing_to_read() -> io::Result<()> {
        let check = |path: &str| io::Result::Ok(is_null_device(&File::open(path)?.into()));
        assert!(check("/dev/null")?);
        assert!(!check("/dev/zero")?);
        assert!(!check("/proc/self/stat")?);
        assert!(!is_null_device(&io::pipe()?.0.into()));
        Ok(())
    }
}
