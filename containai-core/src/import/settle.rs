//! What becomes of something that stands where a link to the volume belongs.

use super::HomeLink;

/// What stands at a path, links not followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A link, and what it says.
    Link(String),
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A device, pipe or socket.
    Special,
}

/// What has to be done at a path of the home directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settlement {
    /// Nothing: the link is there.
    Settled,
    /// To make the link; no content is touched.
    Link,
    /// To take a file to the volume, and make the link.
    TakeFile,
    /// To take what is in a directory to the volume, and make the link.
    TakeDirectory,
    /// Nothing can be done; why.
    InTheWay(&'static str),
}

/// Decides what to do, from what stands in the home directory and on the volume.
/// `data` is where the volume is mounted.
#[must_use]
pub fn settle(link: &HomeLink, data: &str, home: &Standing, volume: &Standing) -> Settlement {
    use Standing::{Directory, File, Nothing, Special};
    match (home, volume) {
        (Standing::Link(to), _) if *to == format!("{data}/{}", link.target) => Settlement::Settled,
        (Nothing | Standing::Link(_), _) => Settlement::Link,
        (Special, _) => Settlement::InTheWay("it is no file and no directory"),
        (_, Standing::Link(_)) => Settlement::InTheWay("there is a link on the volume"),
        (File, Nothing | File) => Settlement::TakeFile,
        (Directory, Nothing | Directory) => Settlement::TakeDirectory,
        (File, _) => Settlement::InTheWay("it is a file, and on the volume there is none"),
        (Directory, _) => {
            Settlement::InTheWay("it is a directory, and on the volume there is none")
        }
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
