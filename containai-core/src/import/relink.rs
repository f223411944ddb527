//! Symbolic links of an imported tree.

use super::Job;

/// The target of a symbolic link after an import.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Relinked {
    /// An imported path; the link is rewritten to it.
    Inside(String),
    /// A path that is not imported. The link is kept as it is and points to another file,
    /// or to none, inside the container.
    Outside,
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
pub fn relink(jobs: &[Job], home: &str, source: &str, target: &str, to: &str) -> Relinked {
    let absolute = match to.starts_with('/') {
        true => parts(to),
        false => {
            let mut path = parts(home);
            path.extend(parent(source));
            path.extend(to.split('/'));
            path
        }
    };
    let Some(absolute) = resolved(&absolute) else { return Relinked::Outside };
    let Some(below) = absolute.strip_prefix(parts(home).as_slice()) else {
        return Relinked::Outside;
    };
    let Some((job, there)) = find(jobs, below) else { return Relinked::Outside };
    let is_own = is_below(&parts(source), &parts(&job.source));
    if is_own && !to.starts_with('/') {
        return Relinked::Inside(to.to_owned());
    }
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    Relinked::Inside(relative(&parent(target), &there))
}

/// Returns the item that imports a path of the home directory, and the path on the
/// volume; `None` if no item does.
#[must_use]
pub fn destination<'a>(jobs: &'a [Job], path: &str) -> Option<(&'a Job, String)> {
    let (job, there) = find(jobs, &parts(path))?;
    Some((job, there.join("/")))
}

/// Returns the most specific item that imports a path, and the path on the volume.
fn find<'a>(jobs: &'a [Job], path: &[&str]) -> Option<(&'a Job, Vec<String>)> {
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

    fn jobs() -> Vec<Job> {
        [
            (".claude/commands", "claude/commands"),
            (".agents", "agents"),
            (".pi/agent/skills", "pi/skills"),
        ]
        .map(|(source, target)| Job::plain(source, target))
        .into()
    }

    #[test]
    fn links_lead_to_what_came_along() {
        let check = |to: &str, expected: Option<&str>| {
            let source = ".claude/commands/a/link";
            let target = "claude/commands/a/link";
            let expected =
                expected.map_or(Relinked::Outside, |path| Relinked::Inside(path.to_owned()));
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
        fn a_changed_link_stays_on_the_volume(to in "(/home/me/)?([a.]{1,2}/|\\.agents/|\\.\\./){0,6}[a.]{0,2}") {
            let target = "claude/commands/a/link";
            if let Relinked::Inside(path) =
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
