//! One program with five names.
//!
//! Set-up installs a copy of this program as the engine's runtime and supervisor, so
//! `cargo install containai-cli` is the whole installation.

use std::ffi::OsStr;
use std::path::Path;

use containai::connection::MUX_PROGRAM;

/// The program that a name selects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Applet {
    /// The command line.
    Cai,
    /// The OCI runtime that the engine calls.
    Runtime,
    /// The OCI runtime in front of Sysbox.
    SysboxRuntime,
    /// The engine's supervisor.
    Supervisor,
    /// The mux daemon.
    MuxDaemon,
}

/// Returns the applet of this process's name.
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
