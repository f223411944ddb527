//! OpenSSH's own way to share a connection.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use containai_tests::Person;

use crate::round::process;

/// A connection that `ssh` keeps open (ssh_config(5), `ControlMaster`); closed
/// when it goes.
#[derive(Debug)]
pub(crate) struct Master<'a> {
    person: &'a Person<'a>,
    alias: String,
    socket: PathBuf,
}

impl<'a> Master<'a> {
    /// Opens one to a container; it stands when this returns.
    pub(crate) fn open(person: &'a Person<'a>, alias: &str) -> Self {
        let socket = person.beside("master.sock");
        let master = Self { person, alias: alias.to_owned(), socket };
        let mut open = master.program(&["-o", "ControlMaster=yes", "-o", "ControlPersist=yes"]);
        open.args([alias, "true"]);
        process(open);
        master
    }

    /// A command by the open connection.
    pub(crate) fn ssh(&self, command: &[&str]) -> Command {
        let mut ssh = self.program(&["-o", "ControlMaster=no"]);
        ssh.arg(&self.alias).args(command);
        ssh
    }

    /// What stands on the command line counts before any configuration.
    fn program(&self, options: &[&str]) -> Command {
        let mut ssh = self.person.openssh("ssh");
        ssh.arg("-o").arg(format!("ControlPath={}", self.socket.display())).args(options);
        ssh
    }
}

impl Drop for Master<'_> {
    fn drop(&mut self) {
        let mut exit = self.program(&["-O", "exit"]);
        exit.arg(&self.alias).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own end would come with that of the container.
        let _ = exit.status();
    }
}
