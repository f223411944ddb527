use serde::{Deserialize, Serialize};

use super::{ObjectId, RefName};

/// The `HEAD` of a worktree.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// A branch, which may have no commit yet.
    Branch(RefName),
    /// A commit.
    Detached(ObjectId),
}

impl Head {
    /// Parses the file `HEAD`; `None` if it names neither a branch nor a commit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches(['\n', ' ']);
        match text.strip_prefix("ref:") {
            Some(name) => RefName::parse(name.trim_start())
                .filter(|name| name.branch().is_some())
                .map(Self::Branch),
            None => ObjectId::parse(text).map(Self::Detached),
        }
    }

    /// Returns the content of the file.
    #[must_use]
    pub fn to_file(&self) -> String {
        match self {
            Self::Branch(name) => format!("ref: {name}\n"),
            Self::Detached(id) => format!("{id}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_branch_or_commit() {
        let id = "a".repeat(40);
        for good in ["ref: refs/heads/main\n".to_owned(), format!("{id}\n")] {
            assert_eq!(Head::parse(&good).map(|head| head.to_file()), Some(good));
        }
        for bad in ["", "ref: refs/tags/x\n", "ref: ../../config\n", "ref: HEAD", "main"] {
            assert_eq!(Head::parse(bad), None, "{bad}");
        }
    }
}
