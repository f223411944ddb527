//! The files that the rules read.

use std::fs;
use std::process::Command;

use super::lexer::Lexed;
use crate::project;

/// One text file of the project.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Relative to the top, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// Empty for a file that is not Rust.
    pub(super) lexed: Lexed,
}

/// The published packages, in the order of the arrows; each in a folder of its
/// name.
pub(super) const PUBLISHED: [&str; 5] =
    ["containai-core", "containai-ssh", "containai-docker", "containai", "containai-cli"];

impl Source {
    /// A file, read once and split once for all rules.
    pub(super) fn new(path: String, text: String) -> Self {
        let lexed = if path.ends_with(".rs") { Lexed::of(&text) } else { Lexed::default() };
        Self { path, text, lexed }
    }

    /// Whether it is Rust.
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it lies below this directory.
    pub(super) fn is_below(&self, directory: &str) -> bool {
        self.path.starts_with(directory)
    }

    /// Whether only tests compile it.
    pub(super) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
            || self.path.contains("/tests/")
    }

    /// The published package whose product code this is.
    pub(super) fn product_of(&self) -> Option<&'static str> {
        let (folder, rest) = self.path.split_once('/')?;
        let package = PUBLISHED.into_iter().find(|name| *name == folder)?;
        (self.is_rust() && rest.starts_with("src/") && !self.is_test()).then_some(package)
    }

    /// The lines that a program is made of, numbered from 1, without comments,
    /// insides of literals and unit tests.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lexed.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// A finding in this file.
    pub(super) fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// A finding for each line of code with one of these words in it.
    pub(super) fn find(&self, words: &[&str], what: &str) -> Vec<String> {
        let hit = |line: &str| words.iter().copied().find(|word| line.contains(word));
        self.code()
            .filter_map(|(number, line)| Some((number, hit(line)?)))
            .map(|(number, word)| self.finding(number, &format!("`{word}`: {what}")))
            .collect()
    }
}

/// Every text file that git tracks or would add.
pub(super) fn sources() -> anyhow::Result<Vec<Source>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    git.current_dir(project::root());
    let list = project::output_of(git)?;
    let read = |path: &str| {
        let whole = project::root().join(path);
        // Skips deleted files, links and files that are not text.
        let is_file = fs::symlink_metadata(&whole).is_ok_and(|it| it.is_file());
        let text = is_file.then(|| fs::read_to_string(&whole).ok())??;
        Some(Source::new(path.to_owned(), text))
    };
    Ok(list.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect())
}

#[cfg(test)]
pub(super) fn source(path: &str, text: &str) -> Source {
    Source::new(path.to_owned(), text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_code_belongs_to_a_published_package() {
        let product = |path: &str| source(path, "").product_of();
        assert_eq!(product("containai/src/sandbox.rs"), Some("containai"));
        assert_eq!(product("containai-cli/src/app.rs"), Some("containai-cli"));
        assert_eq!(product("containai-cli/src/git/tests.rs"), None);
        assert_eq!(product("containai-cli/tests/it/main.rs"), None);
        assert_eq!(product("containai-core/clippy.toml"), None);
        assert_eq!(product("xtask/src/main.rs"), None);
    }
}
