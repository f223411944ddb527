//! Connection sharing by OpenSSH.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use containai_tests::Person;

use crate::round::process;

/// A connection that `ssh` keeps open (ssh_config(5), `ControlMaster`), closed when this value is
/// dropped.
#[derive(Debug)]
pub(crate) struct ControlMaster<'a> {
    person: &'a Person<'a>,
    alias: String,
    socket: PathBuf,
}

impl<'a> ControlMaster<'a> {
    /// Opens a connection to a container; it is established when this returns.
    pub(crate) fn open(person: &'a Person<'a>, alias: &str) -> Self {
        let socket = person.beside("master.sock");
        let master = Self { person, alias: alias.to_owned(), socket };
        let mut open = master.program(&["-o", "ControlMaster=yes", "-o", "ControlPersist=yes"]);
        open.args([alias, "true"]);
        process(open);
        master
    }

    /// Returns a command that uses the open connection.
    pub(crate) fn ssh(&self, command: &[&str]) -> Command {
        let mut ssh = self.program(&["-o", "ControlMaster=no"]);
        ssh.arg(&self.alias).args(command);
        ssh
    }

    /// Options on the command line take precedence over the configuration.
    fn program(&self, options: &[&str]) -> Command {
        let mut ssh = self.person.openssh("ssh");
        ssh.arg("-o").arg(format!("ControlPath={}", self.socket.display())).args(options);
        ssh
    }
}

impl Drop for ControlMaster<'_> {
    fn drop(&mut self) {
        let mut exit = self.program(&["-O", "exit"]);
        exit.arg(&self.alias).stdout(Stdio::null()).stderr(Stdio::null());
        // Otherwise the connection would end only with the container.
        let _ = exit.status();
    }
}
