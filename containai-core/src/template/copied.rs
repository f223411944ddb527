//! What of its context a Dockerfile looks at.

use super::dockerfile::Dockerfile;
use super::ignore::Pattern;
use super::instruction::Instruction;

/// What of its context a Dockerfile looks at.
///
/// Where the context is a whole workspace, most of it changes all the time and
/// has nothing to do with the image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Copied {
    /// `None` is everything: a name is known to the build only.
    patterns: Option<Vec<Pattern>>,
}

impl Copied {
    /// All of it.
    pub fn everything() -> Self {
        Self { patterns: None }
    }

    /// Whether a path of the context is looked at. A repository's own files are
    /// not, unless they are named.
    pub fn has(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        match &self.patterns {
            None => parts.first() != Some(&".git"),
            Some(patterns) => patterns.iter().any(|pattern| pattern.fits(&parts)),
        }
    }
}

impl Dockerfile {
    /// What its `COPY` and `ADD` take from the context, whatever the stage.
    pub fn copied(&self) -> Copied {
        let instructions = self.instructions().iter();
        let copies = instructions.filter(|it| matches!(it.keyword.as_str(), "COPY" | "ADD"));
        let copies = copies.filter(|it| !it.options().any(|option| option.starts_with("--from=")));
        let mut patterns = Vec::new();
        for source in copies.flat_map(sources) {
            if source.contains("://") {
                continue;
            }
            match Pattern::parse(&source).filter(|_| !source.contains('$')) {
                Some(pattern) => patterns.push(pattern),
                // The context itself, or what only the build knows.
                None => return Copied::everything(),
            }
        }
        Copied { patterns: Some(patterns) }
    }
}

/// All words but the last, which is where they go.
fn sources(instruction: &Instruction) -> Vec<String> {
    let words: Vec<String> = instruction.words().map(str::to_owned).collect();
    let list = words.join(" ");
    let mut words = match serde_json::from_str::<Vec<String>>(&list) {
        Ok(list) => list,
        Err(_) => words,
    };
    words.pop();
    // A pattern of `.dockerignore` would be an exception.
    words.into_iter().map(|word| word.trim_start_matches('!').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_copied_counts() {
        let check = |lines: &str, path: &str| {
            let file = Dockerfile::parse(&format!("FROM x AS y\n{lines}\n")).expect("one");
            file.copied().has(path)
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
        assert!(Copied::everything().has("a"));
    }
}
