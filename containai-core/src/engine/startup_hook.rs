//! Programs of the user that a container runs when it starts.

/// A program of the user that a container runs when it starts, behind sshd.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StartupHook {
    name: String,
    program: Vec<u8>,
}

impl StartupHook {
    /// A hook of this name; `None` for a name that is no plain file name of
    /// letters, digits, `.`, `_` and `-`, as editors' backups have.
    pub fn new(name: &str, program: Vec<u8>) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain);
        is_name.then(|| Self { name: name.to_owned(), program })
    }

    /// The file name; hooks run in the order of these.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's content.
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
