//! One program, five names.
//!
//! Set-up copies this very program to where the engine looks for its runtime
//! and its supervisor, so that `cargo install containai-cli` is all it takes.

use std::ffi::OsStr;
use std::path::Path;

use containai::passage::MUX_PROGRAM;

/// What the name that the program was called by makes of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// The command line of the user.
    Cai,
    /// The OCI runtime that the engine calls.
    Runtime,
    /// The OCI runtime in front of Sysbox.
    SysboxRuntime,
    /// What keeps the engine running.
    Supervisor,
    /// What keeps connections for commands to come.
    Broker,
}

pub(crate) fn of_this_process() -> Role {
    std::env::args_os().next().map_or(Role::Cai, |name| of_name(&name))
}

fn of_name(name: &OsStr) -> Role {
    match Path::new(name).file_name().and_then(OsStr::to_str) {
        Some("containai-runc") => Role::Runtime,
        Some("containai-sysbox-runc") => Role::SysboxRuntime,
        Some("containai-engine") => Role::Supervisor,
        Some(MUX_PROGRAM) => Role::Broker,
        _ => Role::Cai,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_file_name_counts() {
        let check = |name: &str, role| assert_eq!(of_name(OsStr::new(name)), role, "{name}");
        check("/usr/local/libexec/containai/containai-runc", Role::Runtime);
        check("/l/containai-sysbox-runc", Role::SysboxRuntime);
        check("containai-engine", Role::Supervisor);
        check("containai-mux", Role::Broker);
        check("/home/containai-runc/cai", Role::Cai);
        check("", Role::Cai);
    }
}
