//! How much memory a process takes.

use std::fs;
use std::io::{Read as _, pipe};
use std::process::Command;

use nix::fcntl::{FcntlArg, fcntl};

/// A page. What a process prints is more than that.
const ROOM: i32 = 4096;

/// The most memory that a process had up to when it prints, `VmHWM` of
/// proc_pid_status(5), in bytes.
#[track_caller]
pub(crate) fn peak(mut command: Command) -> u64 {
    let (mut reader, writer) = pipe().expect("a pipe can be made");
    // It is still there when the first byte has come, as the rest has no room.
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(ROOM)).expect("a pipe has a size");
    let mut child = command.stdout(writer).spawn().expect("the program is installed");
    // The end of the pipe is that nobody holds it.
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
