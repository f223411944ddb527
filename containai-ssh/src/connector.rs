//! The program with which OpenSSH connects to a container of this machine.

use crate::quote;

/// A program that connects to the SSH server on a port of this machine, and
/// starts the container as needed: `cai ssh proxy`. Its standard streams are
/// the connection, and the port is its last argument.
///
/// OpenSSH does not depend on the program: if it was moved, one of the same
/// name in `PATH` is used, and `nc` without either.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxyConnector {
    /// The path of the program.
    pub program: String,
    /// Its arguments, without the port.
    pub arguments: Vec<String>,
    /// Environment variables that it needs, as `NAME=value`.
    pub variables: Vec<String>,
}

/// Connects with the first program that exists. `$0` is the program, and the
/// last argument is the port. `${…}` is avoided, because AsyncSSH reads it as an
/// environment variable.
const SCRIPT: &str = "for port; do :; done; for program in \"$0\" NAME; do \
    command -v \"$program\" >/dev/null && exec VARIABLES\"$program\" \"$@\"; done; \
    command -v nc >/dev/null && exec nc 127.0.0.1 \"$port\" 2>/dev/null; \
    echo \"$0 does not exist: any command of cai for this container mends its SSH configuration\" >&2; exit 127";

impl ProxyConnector {
    /// Returns the directive of ssh_config(5).
    ///
    /// `%` is doubled, because OpenSSH expands tokens in it.
    pub(crate) fn directive(&self) -> String {
        let variables = match self.variables.is_empty() {
            true => String::new(),
            false => format!("env {} ", String::from_utf8_lossy(&quote::words(&self.variables))),
        };
        let name = self.program.rsplit('/').next().unwrap_or_default();
        let name = String::from_utf8_lossy(&quote::word(name.as_bytes())).into_owned();
        let script = SCRIPT.replace("NAME", &name).replace("VARIABLES", &variables);
        let words = ["sh", "-c", &script, &self.program].into_iter();
        let words: Vec<_> = words.chain(self.arguments.iter().map(String::as_str)).collect();
        let words = String::from_utf8_lossy(&quote::words(&words)).replace('%', "%%");
        format!("ProxyCommand {words} %p")
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::Command as Program;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// Runs the directive as OpenSSH does, with the programs of a directory.
    fn run(connector: &ProxyConnector, programs: &Path) -> Result<String> {
        let directive = connector.directive().replace("%p", "2300").replace("%%", "%");
        let line = directive.strip_prefix("ProxyCommand ").unwrap_or_default();
        let output = Program::new("/bin/sh")
            .args(["-c", &format!("exec {line}")])
            .env("PATH", programs)
            .output()?;
        Ok(String::from_utf8([output.stdout, output.stderr].concat())?)
    }

    fn install(path: &Path) -> Result {
        fs::write(path, "#!/bin/sh\necho \"${0##*/} $A $*\"\n")?;
        Ok(fs::set_permissions(path, Permissions::from_mode(0o755))?)
    }

    #[test]
    fn the_first_existing_program_connects() -> Result {
        let dir = tempfile::tempdir()?;
        let (moved, programs) = (dir.path().join("it's 100% moved/cai"), dir.path().join("bin"));
        fs::create_dir(&programs)?;
        for tool in ["sh", "env"] {
            let found = ["/bin", "/usr/bin"].map(|bin| Path::new(bin).join(tool));
            let found = found.into_iter().find(|path| path.exists()).ok_or(tool)?;
            std::os::unix::fs::symlink(found, programs.join(tool))?;
        }
        let connector = ProxyConnector {
            program: moved.display().to_string(),
            arguments: ["ssh", "proxy"].map(str::to_owned).into(),
            variables: vec!["A=b c".to_owned()],
        };
        let nothing = run(&connector, &programs)?;
        assert!(nothing.contains("it's 100% moved/cai does not exist: "), "{nothing}");
        install(&programs.join("nc"))?;
        assert_eq!(run(&connector, &programs)?, "nc  127.0.0.1 2300\n");
        install(&programs.join("cai"))?;
        assert_eq!(run(&connector, &programs)?, "cai b c ssh proxy 2300\n");
        fs::remove_file(programs.join("cai"))?;
        fs::create_dir(dir.path().join("it's 100% moved"))?;
        install(&moved)?;
        assert_eq!(run(&connector, &programs)?, "cai b c ssh proxy 2300\n");
        Ok(())
    }
}
