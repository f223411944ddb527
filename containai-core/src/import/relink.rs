//! Links of an imported tree.

use super::Job;

/// What becomes of a link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Relinked {
    /// It leads to something that is imported, by this path.
    Inside(String),
    /// It leads elsewhere and stays as it is; inside it leads to something
    /// else, or to nothing.
    Outside,
}

/// Where a link has to lead on the volume.
///
/// `home` is the directory that is imported from, absolute; `source` is the
/// link's path below it, `target` its path on the volume, `to` what it says. A
/// link to something that an entry brings along becomes the shortest relative
/// path; one that is relative and stays in its own entry is kept word for word.
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

/// Where a path of the home directory goes on the volume, and by which entry;
/// `None` where none brings it along.
#[must_use]
pub fn destination<'a>(jobs: &'a [Job], path: &str) -> Option<(&'a Job, String)> {
    let (job, there) = find(jobs, &parts(path))?;
    Some((job, there.join("/")))
}

/// The entry that brings a path along, the most particular one, and where to.
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

/// The path without `.` and `..`; `None` where it leads above the root.
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
