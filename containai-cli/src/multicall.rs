//! One program, five names.
//!
//! Set-up copies this very program to where the engine looks for its runtime
//! and its supervisor, so that `cargo install containai-cli` is all it takes.

use std::ffi::OsStr;
use std::path::Path;

use containai::connection::MUX_PROGRAM;

/// What the name that the program was called by makes of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Applet {
    /// The command line of the user.
    Cai,
    /// The OCI runtime that the engine calls.
    Runtime,
    /// The OCI runtime in front of Sysbox.
    SysboxRuntime,
    /// What keeps the engine running.
    Supervisor,
    /// What keeps connections for commands to come.
    MuxDaemon,
}

pub(crate) fn current() -> Applet {
    std::env::args_os().next().map_or(Applet::Cai, |name| from_name(&name))
}

fn from_name(name: &OsStr) -> Applet {
    match Path::new(name).file_name().and_then(OsStr::to_str) {
        Some("containai-runc") => Applet::Runtime,
        Some("containai-sysbox-runc") => Applet::SysboxRuntime,
        Some("containai-engine") => Applet::Supervisor,
        Some(MUX_PROGRAM) => Applet::MuxDaemon,
        _ => Applet::Cai,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_file_name_is_used() {
        let check = |name: &str, role| assert_eq!(from_name(OsStr::new(name)), role, "{name}");
        check("/usr/local/libexec/containai/containai-runc", Applet::Runtime);
        check("/l/containai-sysbox-runc", Applet::SysboxRuntime);
        check("containai-engine", Applet::Supervisor);
        check("containai-mux", Applet::MuxDaemon);
        check("/home/containai-runc/cai", Applet::Cai);
        check("", Applet::Cai);
    }
}
