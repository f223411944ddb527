//! Paths of the build context that a Dockerfile copies.

use super::dockerfile::Dockerfile;
use super::ignore::IgnorePattern;
use super::instruction::Instruction;

/// The paths of the build context that a Dockerfile copies.
///
/// If the context is a whole workspace, most of its files change without an effect on the
/// image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CopySources {
    /// `None` selects everything: a source is known only to the build.
    patterns: Option<Vec<IgnorePattern>>,
}

impl CopySources {
    /// Returns the whole context.
    pub fn all() -> Self {
        Self { patterns: None }
    }

    /// Returns whether a path of the context is copied. The `.git` directory is not,
    /// unless it is named.
    pub fn contains(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        match &self.patterns {
            None => parts.first() != Some(&".git"),
            Some(patterns) => patterns.iter().any(|pattern| pattern.matches_path(&parts)),
        }
    }
}

impl Dockerfile {
    /// Returns the sources of `COPY` and `ADD` in the context, in all stages.
    pub fn copy_sources(&self) -> CopySources {
        let instructions = self.instructions().iter();
        let copies = instructions.filter(|it| matches!(it.keyword.as_str(), "COPY" | "ADD"));
        let copies = copies.filter(|it| !it.options().any(|option| option.starts_with("--from=")));
        let mut patterns = Vec::new();
        for source in copies.flat_map(source_arguments) {
            if source.contains("://") {
                continue;
            }
            match IgnorePattern::parse(&source).filter(|_| !source.contains('$')) {
                Some(pattern) => patterns.push(pattern),
                // The context itself, or a source known only to the build.
                None => return CopySources::all(),
            }
        }
        CopySources { patterns: Some(patterns) }
    }
}

/// Returns all arguments but the last, which is the destination.
fn source_arguments(instruction: &Instruction) -> Vec<String> {
    let words: Vec<String> = instruction.words().map(str::to_owned).collect();
    let list = words.join(" ");
    let mut words = match serde_json::from_str::<Vec<String>>(&list) {
        Ok(list) => list,
        Err(_) => words,
    };
    words.pop();
    // A leading `!` would be an exception in `.dockerignore` patterns.
    words.into_iter().map(|word| word.trim_start_matches('!').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_copied_paths_are_contained() {
        let check = |lines: &str, path: &str| {
            let file = Dockerfile::parse(&format!("FROM x AS y\n{lines}\n")).expect("one");
            file.copy_sources().contains(path)
        };
        for (lines, path, expected) in [
            ("RUN x", "a", false),
            ("COPY a /b", "a", true),
            ("COPY a /b", "a/deep/x", true),
            ("COPY a /b", "b", false),
            ("COPY --chown=1 ./a/ *.txt /b/", "x.txt", true),
            ("COPY --chown=1 ./a/ *.txt /b/", "d/x.txt", false),
            ("COPY [\"a b\", \"/c\"]", "a b/x", true),
            ("ADD https://x/y /z", "y", false),
            ("COPY --from=y / /", "a", false),
            ("COPY . /b", "a", true),
            ("COPY . /b", ".git/index", false),
            ("COPY .git /b", ".git/index", true),
            ("COPY $A /b", "a", true),
        ] {
            assert_eq!(check(lines, path), expected, "{lines} {path}");
        }
        assert!(CopySources::all().contains("a"));
    }
}
