//! Repair of links to the volume that a program has replaced by files.

use super::HomeLink;

/// The file at a path, symbolic links not followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
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
pub enum Settlement {
    /// None: the link exists.
    Settled,
    /// Create the link; no content is touched.
    Link,
    /// Move a file to the volume and create the link.
    TakeFile,
    /// Move the contents of a directory to the volume and create the link.
    TakeDirectory,
    /// No action is possible, for this reason.
    InTheWay(&'static str),
}

/// Plans the action from the files in the home directory and on the volume. `data` is the
/// mount point of the volume.
#[must_use]
pub fn settle(link: &HomeLink, data: &str, home: &Standing, volume: &Standing) -> Settlement {
    use Standing::{Directory, File, Nothing, Special};
    match (home, volume) {
        (Standing::Link(to), _) if *to == format!("{data}/{}", link.target) => Settlement::Settled,
        (Nothing | Standing::Link(_), _) => Settlement::Link,
        (Special, _) => Settlement::InTheWay("it is neither a file nor a directory"),
        (_, Standing::Link(_)) => Settlement::InTheWay("the volume has a symbolic link"),
        (File, Nothing | File) => Settlement::TakeFile,
        (Directory, Nothing | Directory) => Settlement::TakeDirectory,
        (File, _) => Settlement::InTheWay("it is a file, but not on the volume"),
        (Directory, _) => Settlement::InTheWay("it is a directory, but not on the volume"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Replaces;
    use super::*;

    #[test]
    fn every_pair_has_an_answer() {
        let link =
            HomeLink { path: ".x".into(), target: "y/x".into(), replaces: Replaces::Anything };
        let standings = || {
            let links = ["/mnt/agent-data/y/x", "/etc"].map(|to| Standing::Link(to.to_owned()));
            [Standing::Nothing, Standing::File, Standing::Directory, Standing::Special]
                .into_iter()
                .chain(links)
        };
        let mut table = String::new();
        for home in standings() {
            for volume in standings().take(5) {
                let answer = settle(&link, "/mnt/agent-data", &home, &volume);
                table.push_str(&format!("{home:?} {volume:?}: {answer:?}\n"));
            }
        }
        insta::assert_snapshot!(table);
    }
}
