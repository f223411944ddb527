//! The files that an item of an import selects, wherever links lead to.

use std::path::{Path, PathBuf};

use containai_core::import::{ImportItem, Relinked, relink};
use containai_ssh::transfer::{Directory, ScanEntry, ScanEntryKind, TreeScan};

use super::home_directory::HomeDirectory;
use super::link_target::{LinkPlace, LinkRefusal, LinkTarget};

/// The most directories with links to directories, one behind the other.
const MAX_NESTING: usize = 8;
/// The limits of a directory that a link leads to. Settings are small; a link to a project is a
/// mistake, or for another purpose.
const MAX_ENTRIES: usize = 5000;
const MAX_BYTES: u64 = 64 << 20;

/// A file, directory or link of an item.
#[derive(Clone, Debug)]
pub(super) struct FoundFile {
    /// The entry, with its path in the home directory as the user sees it.
    pub(super) entry: ScanEntry,
    /// Its place.
    pub(super) place: LinkTarget,
    /// For a link that is not followed: its target on the volume, or the reason.
    pub(super) link: Option<Result<String, LinkRefusal>>,
}

/// A search in the home directory.
pub(super) struct FileSearch<'a, 'b> {
    pub(super) source: HomeDirectory<'a>,
    pub(super) items: &'a [ImportItem],
    pub(super) scan: &'b mut TreeScan<'a>,
}

/// A directory or file to search, and its path as the user sees it.
struct SearchRoot<'a> {
    target: LinkTarget,
    shown: &'a str,
    place: LinkPlace,
    nesting: usize,
}

impl FileSearch<'_, '_> {
    /// Finds what an item selects, a directory before its contents. Links that lead to files of the
    /// user are followed, in the source of the item and below it.
    ///
    /// # Errors
    ///
    /// The source is a link, or is behind one, that is not followed.
    pub(super) fn find(&mut self, item: &ImportItem) -> Result<Vec<FoundFile>, LinkRefusal> {
        let home = Path::new(self.source.path);
        let (target, place) = match link_in(home, &item.source) {
            // The link itself, which may lead to another imported path.
            LinkPosition::None | LinkPosition::Last => {
                (LinkTarget::Home(item.source.clone()), LinkPlace::Settings)
            }
            LinkPosition::Parent => {
                let path = home.join(&item.source);
                match LinkTarget::resolve(home, &path, LinkPlace::Settings) {
                    Err(LinkRefusal::Missing) => return Ok(Vec::new()),
                    target => (target?, LinkPlace::Followed),
                }
            }
        };
        let mut found = Vec::new();
        let root = SearchRoot { target, shown: &item.source, place, nesting: 0 };
        self.collect(item, &root, &mut found);
        Ok(found)
    }

    fn collect(&mut self, item: &ImportItem, root: &SearchRoot<'_>, found: &mut Vec<FoundFile>) {
        for (entry, place) in self.list(item, root) {
            match self.link(item, &entry, &place, root) {
                None => found.push(FoundFile { entry, place, link: None }),
                Some(Ok(FollowedLink::Kept(to))) => {
                    found.push(FoundFile { entry, place, link: Some(Ok(to)) });
                }
                Some(Ok(FollowedLink::Target(target))) => {
                    let below = SearchRoot {
                        target,
                        shown: &entry.path,
                        place: LinkPlace::Followed,
                        nesting: root.nesting + 1,
                    };
                    self.collect(item, &below, found);
                }
                Some(Err(refusal)) => {
                    found.push(FoundFile { entry, place, link: Some(Err(refusal)) });
                }
            }
        }
    }

    /// Lists a root, with the paths as the user sees them.
    fn list(&mut self, item: &ImportItem, root: &SearchRoot<'_>) -> Vec<(ScanEntry, LinkTarget)> {
        let shown = |below: &str| match below {
            "" => root.shown.to_owned(),
            below => format!("{}/{below}", root.shown),
        };
        let admits = |below: &str| {
            let shown = shown(below);
            item.includes(shown[item.source.len()..].trim_start_matches('/'))
        };
        let renamed = |mut entry: ScanEntry, length: usize| {
            entry.path = shown(entry.path[length..].trim_start_matches('/'));
            entry
        };
        match &root.target {
            LinkTarget::Home(path) => {
                let entries = self.scan.find(path, admits).into_iter();
                entries
                    .map(|entry| {
                        let place = LinkTarget::Home(entry.path.clone());
                        (renamed(entry, path.len()), place)
                    })
                    .collect()
            }
            LinkTarget::Store(path) => {
                let Some((parent, name)) = split(path) else { return Vec::new() };
                let Ok(directory) = Directory::open(&parent, &[]) else { return Vec::new() };
                let entries = TreeScan::new(&directory).find(&name, admits).into_iter();
                entries
                    .map(|entry| {
                        let place = LinkTarget::Store(parent.join(&entry.path));
                        (renamed(entry, name.len()), place)
                    })
                    .collect()
            }
        }
    }

    /// Decides on a link; `None` for other entries.
    fn link(
        &mut self,
        item: &ImportItem,
        entry: &ScanEntry,
        place: &LinkTarget,
        root: &SearchRoot<'_>,
    ) -> Option<Result<FollowedLink, LinkRefusal>> {
        let ScanEntryKind::Link(to) = &entry.kind else { return None };
        let target = format!("{}{}", item.target, &entry.path[item.source.len()..]);
        match relink(self.items, self.source.path, &entry.path, &target, to) {
            // In a followed directory, a link within it is the same on the volume.
            Relinked::Imported(kept) if root.place == LinkPlace::Settings || kept == *to => {
                return Some(Ok(FollowedLink::Kept(kept)));
            }
            _ => {}
        }
        Some(self.follow(place, root).map(FollowedLink::Target))
    }

    fn follow(
        &mut self,
        place: &LinkTarget,
        root: &SearchRoot<'_>,
    ) -> Result<LinkTarget, LinkRefusal> {
        let home = Path::new(self.source.path);
        let path = match place {
            LinkTarget::Home(path) => home.join(path),
            LinkTarget::Store(path) => path.clone(),
        };
        let target = LinkTarget::resolve(home, &path, root.place)?;
        let real = match &target {
            LinkTarget::Home(path) => home.join(path),
            LinkTarget::Store(path) => path.clone(),
        };
        if root.nesting >= MAX_NESTING || path.starts_with(&real) {
            return Err(LinkRefusal::Loop);
        }
        if is_large(&real, &mut 0, &mut 0) { Err(LinkRefusal::TooLarge) } else { Ok(target) }
    }
}

/// A link that is not a refused one.
enum FollowedLink {
    /// A link to this target on the volume.
    Kept(String),
    /// The file or directory takes its place.
    Target(LinkTarget),
}

/// The place of the first link in a path.
enum LinkPosition {
    None,
    Parent,
    Last,
}

fn link_in(home: &Path, path: &str) -> LinkPosition {
    let is_link = |path: &str| home.join(path).is_symlink();
    if path.match_indices('/').any(|(end, _)| is_link(&path[..end])) {
        LinkPosition::Parent
    } else if is_link(path) {
        LinkPosition::Last
    } else {
        LinkPosition::None
    }
}

fn split(path: &Path) -> Option<(PathBuf, String)> {
    Some((path.parent()?.to_owned(), path.file_name()?.to_str()?.to_owned()))
}

/// Whether a directory exceeds the limits; links in it are not followed.
fn is_large(path: &Path, entries: &mut usize, bytes: &mut u64) -> bool {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return false };
    *entries += 1;
    *bytes += metadata.len();
    if *entries > MAX_ENTRIES || *bytes > MAX_BYTES {
        return true;
    }
    let listed = metadata.is_dir().then(|| std::fs::read_dir(path).ok()).flatten();
    listed.into_iter().flatten().flatten().any(|entry| is_large(&entry.path(), entries, bytes))
}
