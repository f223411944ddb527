//! Checks of the files that a Dockerfile copies.

use std::collections::{BTreeMap, BTreeSet};

use super::copy_sources::context_sources;
use super::dockerfile::Dockerfile;
use super::finding::{DockerfileFinding, Severity};
use super::fingerprint::ContextEntry;
use super::ignore::IgnorePattern;
use super::instruction::Instruction;

/// Checks that the build context has the files that a build of `target` copies. `context` has at
/// least the entries that the Dockerfile names. Sources with variables are not checked.
pub fn check_sources(
    file: &Dockerfile,
    target: Option<&str>,
    context: &[ContextEntry],
) -> Vec<DockerfileFinding> {
    let given = BTreeMap::new();
    let needed = file.needed_stages(&given, target);
    let stages = file.stages_with(&given);
    let stages = stages.iter().enumerate().filter(|(index, _)| needed.contains(index));
    let copies = stages.flat_map(|(_, stage)| stage.instructions);
    let paths: BTreeSet<&str> = context.iter().map(|entry| entry.path.as_str()).collect();
    copies.flat_map(|instruction| check_copy(instruction, &paths)).collect()
}

fn check_copy(instruction: &Instruction, context: &BTreeSet<&str>) -> Vec<DockerfileFinding> {
    let finding = |source: String| {
        let source_shown = source.escape_debug();
        // A pattern that matches nothing copies nothing, if something else is copied.
        let (severity, text) = match source.contains(['*', '?', '[']) {
            true => (
                Severity::Warning,
                format!("nothing in the build context matches `{source_shown}`"),
            ),
            false => (
                Severity::Error,
                format!(
                    "`{source_shown}` is missing in the build context, or excluded by `.dockerignore`"
                ),
            ),
        };
        DockerfileFinding { line: instruction.line, severity, text }
    };
    let sources = context_sources(instruction).into_iter();
    sources.filter(|source| is_missing(source, context)).map(finding).collect()
}

fn is_missing(source: &str, context: &BTreeSet<&str>) -> bool {
    // The context itself, a source that only the build knows, or one that is never packed unasked.
    let Some(pattern) = IgnorePattern::parse(source).filter(|_| !source.contains(['$', '\\']))
    else {
        return false;
    };
    let relative = source.trim_start_matches("./").trim_start_matches('/');
    let is_git = relative == ".git" || relative.starts_with(".git/");
    !is_git
        && !context.iter().any(|path| pattern.matches_path(&path.split('/').collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::super::ContextEntryKind;
    use super::*;

    #[test]
    fn missing_sources_are_found() {
        let entry =
            |path: &str| ContextEntry { path: path.into(), kind: ContextEntryKind::Directory };
        let context = ["a.txt", "dir", "dir/b"].map(entry);
        let text = "FROM x AS unused\nCOPY gone /\nFROM y\nCOPY a.txt ./dir/ /dir/b ./ /z/\nCOPY none.sh dir/none /usr/\n\
                    COPY --from=unusual none /\nADD https://x/y git@x:y.git /\nCOPY <<X /y\nz\nX\nCOPY *.rs /y/\n\
                    COPY [\"a b\", \"/\"]\nCOPY $X .git /\n\
                    RUN --mount=target=/src --mount=source=gone,target=/x --mount=from=y,source=none,target=/z a\n";
        let file = Dockerfile::parse(text).expect("a Dockerfile");
        let found: String =
            check_sources(&file, None, &context).iter().map(|it| format!("{it}\n")).collect();
        insta::assert_snapshot!(found);
        assert_eq!(check_sources(&file, Some("unused"), &context).len(), 1);
        assert_eq!(check_sources(&file, Some("absent"), &context), []);
    }
}
