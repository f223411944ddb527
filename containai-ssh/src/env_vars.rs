//! Environment variables of a command, hidden from command lines.
//!
//! They are sent in one variable, [`ENV_PAYLOAD_VAR`], with the command's
//! request (RFC 4254 §6.4), and the command line unpacks it in the container.
//! Therefore every name works, whatever variables the server sets itself, and
//! their number is unlimited, while OpenSSH drops those beyond 128.

use std::collections::BTreeMap;
use std::fmt;

use containai_core::config::env_lines;
use containai_core::exit;
use containai_core::layout::CONTAINER_SESSION_ENV;
use containai_core::naming::{EnvName, EnvNameError};

use crate::quote;

/// The variable that the server's `AcceptEnv` has to allow.
pub const ENV_PAYLOAD_VAR: &str = "CONTAINAI_ENV";

/// The maximum size of the payload, in bytes: the limit of Linux (execve(2),
/// `MAX_ARG_STRLEN`) without the variable's own name.
pub(crate) const MAX_PAYLOAD_LEN: usize = 128 * 1024 - 64;

/// Environment variables of a [`Command`](crate::Command).
///
/// `Debug` prints names only.
///
/// ```
/// use containai_ssh::EnvVars;
///
/// let mut vars = EnvVars::default();
/// vars.assign("REGION=eu", |_| None)?;
/// vars.read("# comments and empty lines are ignored\nTOKEN\n", |name| {
///     (name == "TOKEN").then(|| "secret".to_owned())
/// })?;
/// assert_eq!(format!("{vars:?}"), r#"{"REGION", "TOKEN"}"#);
/// # Ok::<(), containai_ssh::EnvVarsError>(())
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct EnvVars(BTreeMap<String, String>);

impl EnvVars {
    /// Adds `NAME=value`, or `NAME` with the value that `lookup` returns; a
    /// name without a value is skipped. A later value replaces an earlier one.
    ///
    /// # Errors
    ///
    /// - [`Name`](EnvVarsError::Name): the text before `=` is not a valid name.
    /// - [`Nul`](EnvVarsError::Nul): the value contains a NUL byte.
    /// - [`TooLong`](EnvVarsError::TooLong): all together exceed the size limit
    ///   of a variable in Linux, 128 KiB.
    pub fn assign(
        &mut self,
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<(), EnvVarsError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, lookup(text)),
        };
        EnvName::parse(name)?;
        if let Some(value) = value {
            if value.contains('\0') {
                return Err(EnvVarsError::Nul { name: name.to_owned() });
            }
            self.0.insert(name.to_owned(), value);
        }
        match self.export_command().len() > MAX_PAYLOAD_LEN {
            true => Err(EnvVarsError::TooLong),
            false => Ok(()),
        }
    }

    /// Adds the lines of a file, each as in [`assign`](Self::assign), verbatim;
    /// a value of several lines is in quotes, see [`env_lines`]. Empty lines
    /// and those that start with `#` are ignored.
    ///
    /// # Errors
    ///
    /// As [`assign`](Self::assign), with the line number.
    pub fn read(
        &mut self,
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<(), EnvVarsError> {
        for line in env_lines(text.trim_start_matches('\u{feff}')) {
            let number = line.number;
            let text = line.text.trim_start();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let text = format!("{text}{}", line.value.unwrap_or_default());
            self.assign(&text, &lookup)
                .map_err(|error| EnvVarsError::Line { number, source: Box::new(error) })?;
        }
        Ok(())
    }

    /// Whether there are no variables.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names of variables whose values have several lines. Only
    /// sessions of this crate get them: sshd(8) reads persisted variables line by
    /// line.
    pub fn multi_line_names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| value.contains('\n')).map(|(name, _)| name.as_str())
    }

    /// Returns a POSIX shell command that exports the variables.
    pub(crate) fn export_command(&self) -> String {
        if self.is_empty() {
            return ":".to_owned();
        }
        let mut payload = "export".to_owned();
        for (name, value) in &self.0 {
            let quoted = quote::word(value.as_bytes());
            payload.extend([" ", name, "=", &String::from_utf8_lossy(&quoted)]);
        }
        payload
    }
}

/// Returns a POSIX shell command that also persists variables for later
/// sessions. It first unsets those persisted before, which the server passed to
/// this session.
pub(crate) fn persist_script(kept: &EnvVars, own: &EnvVars) -> String {
    let mut payload = format!(
        "containai_f={CONTAINER_SESSION_ENV}; \
         if [ -r \"$containai_f\" ]; then while IFS='=' read -r containai_n containai_v; do \
         case $containai_n in {NEVER_UNSET}) ;; *) unset \"$containai_n\";; esac; \
         done <\"$containai_f\"; fi; "
    );
    match kept.is_empty() {
        true => payload.push_str("rm -f \"$containai_f\"; "),
        false => {
            // sshd(8) reads one variable a line; the next line of a value would be another one.
            let single = kept.0.iter().filter(|(_, value)| !value.contains('\n'));
            let lines: String = single.map(|(name, value)| format!("{name}={value}\n")).collect();
            let lines = quote::word(lines.as_bytes());
            // A builtin `printf`: no process has the values in its arguments.
            payload.extend([
                "if [ -d \"${containai_f%/*}\" ]; then (umask 077; printf %s ",
                &String::from_utf8_lossy(&lines),
                " >\"$containai_f.$$\" && mv -f \"$containai_f.$$\" \"$containai_f\") 2>/dev/null; fi; ",
            ]);
        }
    }
    payload.extend([kept.export_command(), "; ".to_owned(), own.export_command()]);
    payload
}

/// Invalid names, and names that the server sets in any case: patterns of a
/// shell's `case`.
const NEVER_UNSET: &str = "''|[0-9]*|*[!A-Za-z0-9_]*|CONTAINAI_ENV|HOME|LANG|LC_*|LOGNAME|MAIL|\
    PATH|SHELL|SSH_*|TERM|TZ|USER";

/// Returns a command line that runs another one with the variables of the
/// payload.
///
/// A server that dropped the payload is detected before anything runs.
pub(crate) fn with_env_payload(line: &[u8]) -> Vec<u8> {
    let code = exit::SSH_SETUP_FAILED;
    let script = format!(
        "[ \"${{{ENV_PAYLOAD_VAR}+x}}\" ] || {{ printf '%s\\n' 'error: the SSH server \
         does not accept environment variables: an older version created the container, or its \
         configuration was changed' \
         'hint: run `cai stop --remove`, and the next session creates a new container; its volumes are kept' \
         >&2; exit {code}; }}; \
         eval \"${ENV_PAYLOAD_VAR}\"; unset {ENV_PAYLOAD_VAR}; exec \"$0\" -c \"$1\""
    );
    let mut whole = b"exec /bin/sh -c ".to_vec();
    whole.extend(quote::word(script.as_bytes()));
    whole.extend(b" \"$SHELL\" ");
    whole.extend(quote::word(line));
    whole
}

impl fmt::Debug for EnvVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An invalid environment variable. No message contains a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvVarsError {
    /// The name is invalid.
    #[error(transparent)]
    Name(#[from] EnvNameError),
    /// The value contains a NUL byte, which no variable can contain.
    #[error("the value of `{name}` contains a NUL byte")]
    Nul {
        /// The variable.
        name: String,
    },
    /// All together exceed the size limit of a variable in Linux.
    #[error("the variables exceed {} KiB in total", MAX_PAYLOAD_LEN / 1024 + 1)]
    TooLong,
    /// A line of a file is invalid.
    #[error("line {number}: {source}")]
    Line {
        /// The line number, starting at 1.
        number: usize,
        /// The error.
        source: Box<EnvVarsError>,
    },
}

impl EnvVarsError {
    /// Whether the error is the total size, not the content.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        match self {
            Self::TooLong => true,
            Self::Line { source, .. } => source.is_too_long(),
            Self::Name(_) | Self::Nul { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let mut variables = EnvVars::default();
        let lookup = |name: &str| (name == "SET").then(|| "from outside".to_owned());
        let outcome = variables.read(text, lookup);
        outcome.map(|()| variables.export_command()).map_err(|error| error.to_string())
    }

    #[test]
    fn env_file_lines() {
        insta::assert_snapshot!(
            read("\u{feff}# none\r\n\n A=x=1 \nB=it's\nSET\nUNSET\nA=2\n").expect("reads"),
            @r"export A='2' B='it'\''s' SET='from outside'"
        );
        insta::assert_snapshot!(
            read("KEY=\"a\nb=c\n\"\nB=1\n").expect("reads"),
            @r"
        export B='1' KEY='a
        b=c
        '
        "
        );
        insta::assert_snapshot!(
            read("A=1\nexport B=secret").expect_err("no name"),
            @"line 2: `export B` is not a valid environment variable name: expected letters, digits and `_`, not beginning with a digit"
        );
        insta::assert_snapshot!(read("A=sec\0ret").expect_err("NUL"), @"line 1: the value of `A` contains a NUL byte");
        let long = format!("A={}", "x".repeat(MAX_PAYLOAD_LEN));
        insta::assert_snapshot!(read(&long).expect_err("long"), @"line 1: the variables exceed 128 KiB in total");
    }

    #[test]
    fn values_of_several_lines_are_not_persisted() -> Result<(), EnvVarsError> {
        let mut kept = EnvVars::default();
        kept.assign("A=1\nLD_PRELOAD=x", |_| None)?;
        kept.assign("B=2", |_| None)?;
        let script = persist_script(&kept, &EnvVars::default());
        assert!(script.contains("printf %s 'B=2\n'"), "{script}");
        assert!(script.contains("export A='1\nLD_PRELOAD=x' B='2'"), "{script}");
        Ok(())
    }

    #[test]
    fn persisted_variables_are_unset_first() -> Result<(), EnvVarsError> {
        let mut kept = EnvVars::default();
        kept.assign("A=it's", |_| None)?;
        let own = EnvVars::default();
        insta::assert_snapshot!(persist_script(&kept, &own));
        insta::assert_snapshot!(persist_script(&own, &own));
        Ok(())
    }

    #[test]
    fn error_messages() {
        let name = || EnvName::parse("1A").map(drop).expect_err("no name");
        let line = Box::new(EnvVarsError::Nul { name: "A".into() });
        let samples = containai_core::samples!(EnvVarsError {
            Name: [EnvVarsError::Name(name())],
            Nul: [EnvVarsError::Nul { name: "A".into() }],
            TooLong: [EnvVarsError::TooLong],
            Line: [EnvVarsError::Line { number: 3, source: line }],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
