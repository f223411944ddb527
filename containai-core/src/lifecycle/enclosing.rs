//! The workspace around a directory.

use std::path::Path;

use crate::engine::Container;
use crate::naming::WorkspacePath;

/// Returns the nearest parent of `place` that is a known workspace: a managed container
/// serves it, or it is one of the `sections` of the configuration. `None` if `place`
/// itself is known.
///
/// The home directory and its parents are never returned: a configuration section for
/// them is no request to mount all files of the user.
pub fn enclosing_workspace(
    place: &WorkspacePath,
    containers: &[Container],
    sections: &[WorkspacePath],
    home: &Path,
) -> Option<WorkspacePath> {
    let is_known = |path: &WorkspacePath| {
        sections.contains(path) || containers.iter().any(|container| container.serves(path))
    };
    if is_known(place) {
        return None;
    }
    ancestor_workspaces(place, home).find(is_known)
}

/// Returns the possible workspaces around `place`, nearest first.
pub fn ancestor_workspaces<'a>(
    place: &'a WorkspacePath,
    home: &'a Path,
) -> impl Iterator<Item = WorkspacePath> + 'a {
    let above = place.as_path().ancestors().skip(1).filter(|path| !home.starts_with(path));
    above.filter_map(|path| WorkspacePath::new(path).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ContainerId, RunState};
    use crate::label;

    fn serving(path: &str, managed: &str) -> Container {
        let labels = [(label::MANAGED, managed), (label::WORKSPACE, path)].into_iter().collect();
        let (id, name) = (ContainerId::new(path), path.to_owned());
        let (status, image) = (String::new(), String::new());
        Container::new(id, name, RunState::Running)
            .with_status(status)
            .with_image(image)
            .with_labels(labels)
    }

    fn check(place: &str, containers: &[Container], sections: &[&str], expected: Option<&str>) {
        let path = |text: &str| WorkspacePath::new(text).expect("a path");
        let sections: Vec<_> = sections.iter().copied().map(path).collect();
        let found = enclosing_workspace(&path(place), containers, &sections, Path::new("/home/me"));
        assert_eq!(found.as_ref().map(WorkspacePath::as_str), expected, "{place} {sections:?}");
    }

    #[test]
    fn nearest_known_ancestor_is_the_workspace() {
        let ours = [serving("/home/me/src", "true"), serving("/home/me/src/api", "true")];
        check("/home/me/src/api/web", &ours, &[], Some("/home/me/src/api"));
        check("/home/me/src/api", &ours, &[], None);
        check("/home/me/src/app", &ours, &[], Some("/home/me/src"));
        check("/home/me/srcs", &ours, &[], None);
        check("/home/me/src/app", &ours, &["/home/me/src/app"], None);
        check("/home/me/a/b", &ours, &["/home/me/a"], Some("/home/me/a"));
        check("/home/me/src/api/web", &[serving("/home/me/src", "false")], &[], None);
    }

    #[test]
    fn home_and_its_parents_are_never_chosen() {
        let all = [serving("/", "true"), serving("/home", "true"), serving("/home/me", "true")];
        check("/home/me/src", &all, &["/home/me", "/home"], None);
    }
}
