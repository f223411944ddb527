//! The files that the rules look at.

use std::fs;
use std::process::Command;

use crate::project;

/// One text file of the project.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Relative to the top, with slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Whether it is Rust.
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it lies below this directory.
    pub(super) fn is_below(&self, directory: &str) -> bool {
        self.path.starts_with(directory)
    }

    /// The lines that a program is made of, numbered from 1: no comments, and
    /// nothing from the unit tests on, which stand at the end of a file.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_tests = |line: &str| line.starts_with("#[cfg(test)]");
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines
            .take_while(move |(_, line)| !is_tests(line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
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

/// Every text file that git knows or would take.
pub(super) fn sources() -> anyhow::Result<Vec<Source>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    git.current_dir(project::root());
    let list = project::output_of(git)?;
    let read = |path: &str| {
        let whole = project::root().join(path);
        // What is deleted but still known, what a link leads to and what is no
        // text is not looked at.
        let is_file = fs::symlink_metadata(&whole).is_ok_and(|it| it.is_file());
        let text = is_file.then(|| fs::read_to_string(&whole).ok())??;
        Some(Source { path: path.to_owned(), text })
    };
    Ok(list.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect())
}

#[cfg(test)]
pub(super) fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
