//! Types of terminals that a container may not know.

use std::fmt::Write as _;

/// The type that every container knows and most terminals are compatible with.
const COMPATIBLE_TYPE: &str = "xterm-256color";
/// Types of each Debian and Ubuntu (package `ncurses-base`).
const USUAL_TYPES: [&str; 13] = [
    "ansi",
    "dumb",
    "linux",
    "screen",
    "screen-256color",
    "tmux",
    "tmux-256color",
    "vt100",
    "vt102",
    "vt220",
    "xterm",
    COMPATIBLE_TYPE,
    "xterm-color",
];
/// The first bytes of a compiled entry, with numbers of 16 and of 32 bits
/// (term(5)).
const MAGIC: [[u8; 2]; 2] = [[0x1a, 0x01], [0x1e, 0x02]];
/// The maximum size of an entry, in bytes. The largest ones of ncurses have 4
/// KiB.
const MAX_ENTRY_LEN: usize = 12 * 1024;
/// The maximum length of a name, in bytes.
const MAX_NAME_LEN: usize = 64;

/// A type of terminal that a container may not know, with its compiled entry
/// if there is one.
///
/// A command for which it is set
/// ([`Command::with_terminal_type`](crate::Command::with_terminal_type))
/// installs the entry in the home directory of a container that lacks the type.
/// Without an entry, `TERM` becomes `xterm-256color` there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TerminalType {
    name: String,
    entry: Option<Vec<u8>>,
}

impl TerminalType {
    /// Parses a name, as in `TERM`; `None` if it cannot name an entry, which is
    /// a file, or if each container knows the type.
    ///
    /// ```
    /// use containai_ssh::TerminalType;
    ///
    /// assert!(TerminalType::parse("xterm-ghostty").is_some());
    /// assert!(TerminalType::parse("xterm-256color").is_none());
    /// assert!(TerminalType::parse("../../etc/passwd").is_none());
    /// ```
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_file_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte))
            && name.len() <= MAX_NAME_LEN;
        let is_unusual = is_file_name && !USUAL_TYPES.contains(&name);
        is_unusual.then(|| Self { name: name.to_owned(), entry: None })
    }

    /// Adds the compiled entry, as tic(1) writes it. Other content is ignored.
    #[must_use]
    pub fn with_entry(mut self, entry: Vec<u8>) -> Self {
        let is_entry = MAGIC.iter().any(|magic| entry.starts_with(magic));
        self.entry = (is_entry && entry.len() <= MAX_ENTRY_LEN).then_some(entry);
        self
    }

    /// Returns the name of the type.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the path of the entry below a directory of entries, in the
    /// layouts of ncurses: by the first character, or by its code.
    #[must_use]
    pub fn entry_paths(&self) -> [String; 2] {
        let first = self.name.as_bytes().first().copied().unwrap_or_default();
        [format!("{}/{}", char::from(first), self.name), format!("{first:x}/{}", self.name)]
    }

    /// Returns a POSIX shell command that makes the type known, or changes
    /// `TERM`.
    pub(crate) fn script(&self) -> String {
        let [path, _] = self.entry_paths();
        let (directory, _) = path.split_once('/').unwrap_or_default();
        let install = match &self.entry {
            None => "false".to_owned(),
            Some(entry) => format!(
                "(umask 022; d=\"$HOME\"/.terminfo/{directory}; mkdir -p \"$d\" && \
                 printf %b '{}' >\"$d/.$$\" && mv -f \"$d/.$$\" \"$d/{}\") 2>/dev/null",
                escaped(entry),
                self.name
            ),
        };
        // A shell start-up file may have replaced the unknown type before this.
        format!(
            "for containai_d in \"$HOME\"/.terminfo /etc/terminfo /lib/terminfo \
             /usr/share/terminfo /usr/lib/terminfo ''; do \
             [ -e \"$containai_d/{path}\" ] && break; done; \
             export TERM={name}; [ \"$containai_d\" ] || {install} || TERM={COMPATIBLE_TYPE}; \
             unset containai_d",
            name = self.name,
        )
    }
}

/// Returns the bytes in the notation of `printf %b`.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        match byte {
            b' '..=b'~' if !matches!(byte, b'\'' | b'\\') => text.push(char::from(*byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(text, "\\0{byte:03o}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command as Program;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// Returns `TERM` after the script of the type.
    fn term_after(kind: &TerminalType, home: &Path) -> Result<String> {
        let script = format!("{}; printf %s \"$TERM\"", kind.script());
        let output = Program::new("/bin/sh")
            .args(["-c", &script])
            .env("HOME", home)
            .env("TERM", kind.name())
            .output()?;
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    #[test]
    fn only_unusual_types_with_safe_names() {
        for name in ["alacritty", "xterm-kitty", "xterm+256color", "st-0.9", "iTerm2.app"] {
            assert!(TerminalType::parse(name).is_some(), "{name}");
        }
        let long = "x".repeat(MAX_NAME_LEN + 1);
        for name in ["", "xterm", "a/b", "..", ".x", "-x", "a b", "a'b", "a\nb", "é", &long] {
            assert!(TerminalType::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_entry_is_installed_byte_by_byte() -> Result {
        let home = tempfile::tempdir()?;
        let kind = TerminalType::parse("unknown-term").ok_or("a valid name")?;
        assert_eq!(term_after(&kind, home.path())?, COMPATIBLE_TYPE);
        assert!(!home.path().join(".terminfo").exists());

        let entry: Vec<u8> = MAGIC[0].into_iter().chain(0..=255).chain(*b"%s'\\01'7").collect();
        let kind = kind.with_entry(entry.clone());
        assert_eq!(term_after(&kind, home.path())?, "unknown-term");
        let installed = home.path().join(".terminfo/u/unknown-term");
        assert_eq!(std::fs::read(&installed)?, entry);
        assert_eq!(std::fs::read_dir(home.path().join(".terminfo/u"))?.count(), 1);

        // A known type is not installed again.
        std::fs::write(&installed, "mine")?;
        assert_eq!(term_after(&kind, home.path())?, "unknown-term");
        assert_eq!(std::fs::read(&installed)?, b"mine");

        let closed = home.path().join("file");
        std::fs::write(&closed, "")?;
        assert_eq!(term_after(&kind, &closed)?, COMPATIBLE_TYPE);
        Ok(())
    }

    #[test]
    fn other_files_are_no_entries() {
        let entry = |bytes: &[u8]| {
            TerminalType::parse("foot").and_then(|kind| kind.with_entry(bytes.to_owned()).entry)
        };
        assert!(entry(&[0x1e, 0x02, 0]).is_some());
        assert_eq!(entry(b"root:x:0:0"), None);
        assert_eq!(entry(&[&MAGIC[0][..], &[0; MAX_ENTRY_LEN]].concat()), None);
    }
}
