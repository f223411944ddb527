//! Start-up hooks.

/// A program of the user that runs at each start of a container, after sshd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StartupHook {
    name: String,
    program: Vec<u8>,
}

impl StartupHook {
    /// Creates a hook; `None` for a name with characters other than letters, digits, `.`, `_` and
    /// `-`, such as an editor's backup file.
    pub fn new(name: &str, program: Vec<u8>) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain);
        is_name.then(|| Self { name: name.to_owned(), program })
    }

    /// Returns the file name; hooks run in the order of their names.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the content of the file.
    pub fn program(&self) -> &[u8] {
        &self.program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_hooks() {
        for (name, expected) in [
            ("10-x.sh", true),
            ("a_b", true),
            ("", false),
            ("x~", false),
            (".x", false),
            ("a/b", false),
            ("-x", false),
        ] {
            assert_eq!(StartupHook::new(name, Vec::new()).is_some(), expected, "{name}");
        }
    }
}
