//! Symbolic links of an imported tree.

use super::ImportItem;

/// The target of a symbolic link after an import.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Relinked {
    /// An imported path; the link is rewritten to it.
    Imported(String),
    /// A path that is not imported. The link is kept as it is and points to another file,
    /// or to none, inside the container.
    External,
}

/// Resolves the target of a link on the volume.
///
/// - `home`: the absolute path of the directory that is imported
/// - `source`: the path of the link below `home`
/// - `target`: the path of the link on the volume
/// - `to`: the target of the link
///
/// A link to an imported path becomes the shortest relative path. A relative link within
/// its own item is kept verbatim.
#[must_use]
pub fn relink(jobs: &[ImportItem], home: &str, source: &str, target: &str, to: &str) -> Relinked {
    let absolute = match to.starts_with('/') {
        true => parts(to),
        false => {
            let mut path = parts(home);
            path.extend(parent(source));
            path.extend(to.split('/'));
            path
        }
    };
    let Some(absolute) = resolved(&absolute) else { return Relinked::External };
    let Some(below) = absolute.strip_prefix(parts(home).as_slice()) else {
        return Relinked::External;
    };
    let Some((job, there)) = find_item(jobs, below) else { return Relinked::External };
    let is_own = is_below(&parts(source), &parts(&job.source));
    if is_own && !to.starts_with('/') {
        return Relinked::Imported(to.to_owned());
    }
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    Relinked::Imported(relative(&parent(target), &there))
}

/// Returns the item that imports a path of the home directory, and the path on the
/// volume; `None` if no item does.
#[must_use]
pub fn destination<'a>(jobs: &'a [ImportItem], path: &str) -> Option<(&'a ImportItem, String)> {
    let (job, there) = find_item(jobs, &parts(path))?;
    Some((job, there.join("/")))
}

/// Returns the most specific item that imports a path, and the path on the volume.
fn find_item<'a>(jobs: &'a [ImportItem], path: &[&str]) -> Option<(&'a ImportItem, Vec<String>)> {
    let holding = jobs.iter().filter(|job| is_below(path, &parts(&job.source)));
    let job = holding.max_by_key(|job| parts(&job.source).len())?;
    let rest = &path[parts(&job.source).len()..];
    let there = parts(&job.target).into_iter().chain(rest.iter().copied());
    Some((job, there.map(str::to_owned).collect()))
}

fn relative(from: &[&str], to: &[&str]) -> String {
    let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    let ups = std::iter::repeat_n("..", from.len() - common);
    let path: Vec<&str> = ups.chain(to[common..].iter().copied()).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}

/// Resolves `.` and `..`; `None` if the path leaves the root.
fn resolved<'a>(path: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut resolved = Vec::new();
    for part in path {
        match *part {
            "" | "." => {}
            ".." => drop(resolved.pop()?),
            part => resolved.push(part),
        }
    }
    Some(resolved)
}

fn is_below(path: &[&str], directory: &[&str]) -> bool {
    path.starts_with(directory)
}

fn parent(path: &str) -> Vec<&str> {
    let mut parts = parts(path);
    parts.pop();
    parts
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jobs() -> Vec<ImportItem> {
        [
            (".claude/commands", "claude/commands"),
            (".agents", "agents"),
            (".pi/agent/skills", "pi/skills"),
        ]
        .map(|(source, target)| ImportItem::directory(source, target))
        .into()
    }

    #[test]
    fn links_point_to_imported_paths() {
        let check = |to: &str, expected: Option<&str>| {
            let source = ".claude/commands/a/link";
            let target = "claude/commands/a/link";
            let expected =
                expected.map_or(Relinked::External, |path| Relinked::Imported(path.to_owned()));
            assert_eq!(relink(&jobs(), "/home/me", source, target, to), expected, "{to}");
        };
        check("/home/me/.claude/commands/b", Some("../b"));
        check("/home/me/.claude/commands/a/b", Some("b"));
        check("/home/me/.claude/commands/a", Some("."));
        check("/home/me/.pi/agent/skills/x", Some("../../../pi/skills/x"));
        check("../../../.pi/agent/skills/x", Some("../../../pi/skills/x"));
        check("../b/./c", Some("../b/./c"));
        check("nothing", Some("nothing"));
        check("/etc/passwd", None);
        check("/home/me/.ssh/id", None);
        check("/home/me/.claude/commands/../../.ssh/id", None);
        check("../../../../../../../x", None);
        check("/home/me2/.agents", None);
    }

    proptest! {
        #[test]
        fn rewritten_links_stay_on_the_volume(to in "(/home/me/)?([a.]{1,2}/|\\.agents/|\\.\\./){0,6}[a.]{0,2}") {
            let target = "claude/commands/a/link";
            if let Relinked::Imported(path) =
                relink(&jobs(), "/home/me", ".claude/commands/a/link", target, &to)
            {
                let mut whole = parent(target);
                whole.extend(path.split('/'));
                prop_assert!(!path.starts_with('/'));
                let whole = resolved(&whole);
                let first = whole.as_ref().and_then(|whole| whole.first().copied());
                prop_assert!(matches!(first, Some("claude" | "agents" | "pi")), "{:?}", whole);
            }
        }
    }
}
