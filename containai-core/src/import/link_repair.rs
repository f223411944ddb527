//! Repair of links to the volume that a program has replaced by files.

use super::HomeLink;

/// The file at a path, symbolic links not followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PathState {
    /// No file.
    Nothing,
    /// A symbolic link and its target.
    Link(String),
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A device, pipe or socket.
    Special,
}

/// The action at a path of the home directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkAction {
    /// None: the link exists.
    Keep,
    /// Create the link; no content is touched.
    CreateLink,
    /// Move a file to the volume and create the link.
    MoveFile,
    /// Move the contents of a directory to the volume and create the link.
    MoveDirectory,
    /// No action is possible, for this reason.
    Blocked(&'static str),
}

/// Plans the action from the files in the home directory and on the volume. `data` is the
/// mount point of the volume.
#[must_use]
pub fn plan_link_repair(
    link: &HomeLink,
    data: &str,
    home: &PathState,
    volume: &PathState,
) -> LinkAction {
    use PathState::{Directory, File, Nothing, Special};
    match (home, volume) {
        (PathState::Link(to), _) if *to == format!("{data}/{}", link.target) => LinkAction::Keep,
        (Nothing | PathState::Link(_), _) => LinkAction::CreateLink,
        (Special, _) => LinkAction::Blocked("it is neither a file nor a directory"),
        (_, PathState::Link(_)) => LinkAction::Blocked("the volume has a symbolic link"),
        (File, Nothing | File) => LinkAction::MoveFile,
        (Directory, Nothing | Directory) => LinkAction::MoveDirectory,
        (File, _) => LinkAction::Blocked("it is a file, but not on the volume"),
        (Directory, _) => LinkAction::Blocked("it is a directory, but not on the volume"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Replaceable;
    use super::*;

    #[test]
    fn every_combination_has_an_action() {
        let link =
            HomeLink { path: ".x".into(), target: "y/x".into(), replaces: Replaceable::Anything };
        let standings = || {
            let links = ["/mnt/agent-data/y/x", "/etc"].map(|to| PathState::Link(to.to_owned()));
            [PathState::Nothing, PathState::File, PathState::Directory, PathState::Special]
                .into_iter()
                .chain(links)
        };
        let mut table = String::new();
        for home in standings() {
            for volume in standings().take(5) {
                let answer = plan_link_repair(&link, "/mnt/agent-data", &home, &volume);
                table.push_str(&format!("{home:?} {volume:?}: {answer:?}\n"));
            }
        }
        insta::assert_snapshot!(table);
    }
}
