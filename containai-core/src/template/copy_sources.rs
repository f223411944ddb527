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
    /// Returns the paths of the context that all stages copy or bind.
    pub fn copy_sources(&self) -> CopySources {
        let instructions = self.instructions().iter();
        let mut patterns = Vec::new();
        for source in instructions.flat_map(context_sources) {
            match IgnorePattern::parse(&source).filter(|_| !source.contains('$')) {
                Some(pattern) => patterns.push(pattern),
                // The context itself, or a source known only to the build.
                None => return CopySources::all(),
            }
        }
        CopySources { patterns: Some(patterns) }
    }
}

/// Returns the paths of the context that an instruction reads. Variables are not expanded.
pub(super) fn context_sources(instruction: &Instruction) -> Vec<String> {
    match instruction.keyword.as_str() {
        "RUN" => instruction.options().filter_map(bind_source).collect(),
        "COPY" | "ADD" => copied(instruction),
        _ => Vec::new(),
    }
}

/// Returns the path that an option binds from the context; by default the context itself.
fn bind_source(option: &str) -> Option<String> {
    let fields = option.strip_prefix("--mount=")?.split(',').map(|field| {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        (key, value.trim_matches(['"', '\'']))
    });
    let field = |name: &str| fields.clone().find(|(key, _)| *key == name).map(|(_, value)| value);
    let is_bind = field("type").is_none_or(|kind| kind == "bind") && field("from").is_none();
    is_bind.then(|| field("source").or(field("src")).unwrap_or(".").to_owned())
}

fn copied(instruction: &Instruction) -> Vec<String> {
    if instruction.options().any(|option| option.starts_with("--from=")) {
        return Vec::new();
    }
    let list = instruction.words().collect::<Vec<_>>().join(" ");
    let mut words = match serde_json::from_str::<Vec<String>>(&list) {
        Ok(list) => list,
        Err(_) => instruction.unquoted_words(),
    };
    // The last one is the destination.
    words.pop();
    let is_elsewhere =
        |word: &String| word.contains("://") || word.starts_with("git@") || word.starts_with("<<");
    words.retain(|word| !is_elsewhere(word));
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
            ("COPY --link \"a/b\" 'c' \"/d\"", "a/b", true),
            ("COPY --link \"a/b\" 'c' \"/d\"", "c", true),
            ("COPY --link \"a/b\" 'c' \"/d\"", "d", false),
            ("ADD https://x/y /z", "y", false),
            ("COPY --from=y / /", "a", false),
            ("COPY . /b", "a", true),
            ("COPY . /b", ".git/index", false),
            ("COPY .git /b", ".git/index", true),
            ("COPY $A /b", "a", true),
            ("COPY <<X /b\nz\nX", "a", false),
            ("COPY <<x.json /b\n{\nx.json", "a", false),
            ("RUN --mount=source=a,target=/b x", "a", true),
            ("RUN --mount=source=a,target=/b x", "b", false),
            ("RUN --mount=type=bind,target=/b x", "b", true),
            ("RUN --mount=type=cache,target=/b --mount=from=y,target=/c x", "b", false),
        ] {
            assert_eq!(check(lines, path), expected, "{lines} {path}");
        }
        assert!(CopySources::all().contains("a"));
    }
}
