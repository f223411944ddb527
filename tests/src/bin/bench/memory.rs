//! The memory usage of a process.

use std::fs;
use std::io::{Read as _, pipe};
use std::process::Command;

use nix::fcntl::{FcntlArg, fcntl};

/// The size of the pipe, one page. A measured process prints more than that.
const PIPE_SIZE: i32 = 4096;

/// Returns the peak memory of a process until it prints, `VmHWM` of proc_pid_status(5), in bytes.
#[track_caller]
pub(crate) fn peak(mut command: Command) -> u64 {
    let (mut reader, writer) = pipe().expect("a pipe can be made");
    // The process still runs when the first byte arrives, because the rest does not fit the pipe.
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(PIPE_SIZE)).expect("a pipe has a size");
    let mut child = command.stdout(writer).spawn().expect("the program is installed");
    // The read ends when every writer has closed the pipe.
    drop(command);
    reader.read_exact(&mut [0]).expect("it prints something");
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
    reader.read_to_end(&mut Vec::new()).expect("a pipe can be read");
    assert!(child.wait().expect("a child can be waited for").success());
    let status = status.expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    peak.expect("a process that runs has memory") * 1024
}
