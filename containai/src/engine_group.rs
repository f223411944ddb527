//! Membership in the engine's group without a new login session.
//!
//! Processes keep the groups of their login session until it ends (credentials(7)), also after
//! set-up has added the user to the engine's group. `sg`(1) starts a program with one more group,
//! so a program can replace itself through it.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use containai_docker::host::SYSTEM_USER;
use containai_ssh::quote;
use nix::unistd::{Group, User, getgroups, getuid};

/// Returns a command that runs `words` as a member of the engine's group; `None` if that would
/// change nothing. `user` is the user of the process.
///
/// # Errors
///
/// The user database (passwd(5), group(5)) cannot be read.
pub fn with_membership(
    user: Option<&str>,
    words: impl IntoIterator<Item = OsString>,
) -> io::Result<Option<Command>> {
    if !needs_group(user) {
        return Ok(None);
    }
    let sg = Path::new("sg");
    let words = words.into_iter().map(|word| word.as_bytes().to_vec());
    let user = User::from_uid(getuid())?;
    let primary = user.map(|user| Group::from_gid(user.gid)).transpose()?.flatten();
    let restored = primary.map(|group| group.name).filter(|name| can_restore(sg, name));
    let mut line = [b"exec ".to_vec(), quote::words(words)].concat();
    if let Some(name) = restored {
        line = [b"exec ".to_vec(), line_with_group(sg, &name, line)].concat();
    }
    let mut command = Command::new(sg);
    command.args([SYSTEM_USER, "-c"]).arg(OsString::from_vec(line));
    Ok(Some(command))
}

/// Returns the line that runs `line` with another primary group.
fn line_with_group(sg: &Path, group: &str, line: Vec<u8>) -> Vec<u8> {
    let words = [sg.as_os_str().as_bytes(), group.as_bytes(), b"-c"].map(<[u8]>::to_vec);
    quote::words(words.into_iter().chain([line]))
}

/// Returns whether a second `sg` can restore the primary group, which new files get, and which
/// newuidmap(1) compares with that of the user.
///
/// `sg` replaces the primary group. The one of shadow (Debian 12) keeps the engine's group as a
/// supplementary one, the one of util-linux (Debian 13) loses it.
fn can_restore(sg: &Path, primary: &str) -> bool {
    let probe = line_with_group(sg, primary, b"id -Gn".to_vec());
    let output = Command::new(sg)
        .args([SYSTEM_USER, "-c"])
        .arg(OsString::from_vec(probe))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let groups = output.map(|output| output.stdout).unwrap_or_default();
    groups.split(u8::is_ascii_whitespace).any(|name| name == SYSTEM_USER.as_bytes())
}

fn needs_group(user: Option<&str>) -> bool {
    let Ok(Some(group)) = Group::from_name(SYSTEM_USER) else { return false };
    let is_listed = user.is_some_and(|user| group.mem.iter().any(|member| member == user));
    is_listed && getgroups().is_ok_and(|groups| !groups.contains(&group.gid))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Writes programs `sg` and `id` that keep the groups in variables.
    fn check(kept: &str, expected: bool) {
        let dir = tempfile::tempdir().expect("a directory");
        let sg = dir.path().join("sg");
        let set =
            format!("#!/bin/sh\nKEPT=\"{kept}\" PRIMARY=$1 PATH={}:$PATH ", dir.path().display());
        let programs = [
            (sg.clone(), format!("{set} exec sh -c \"$3\"\n")),
            (dir.path().join("id"), "#!/bin/sh\necho $PRIMARY $KEPT\n".to_owned()),
        ];
        for (path, text) in programs {
            fs::write(&path, text).expect("a program");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        assert_eq!(can_restore(&sg, "dev"), expected, "{kept}");
    }

    #[test]
    fn primary_group_is_restored_only_if_the_other_group_stays() {
        check("$KEPT $PRIMARY", true);
        check("users", false);
        assert!(!can_restore(Path::new("/nonexistent/sg"), "dev"));
    }
}
