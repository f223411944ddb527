//! Finding the files of an import in the home directory.

use containai_core::import::{
    AllowedSecret, ContentHandling, FileStat, ImportItem, ImportItemKind, Relinked, Rewriting,
    Screened, Screening, SecretHandling, WithheldSecrets, destination, filter_git_config, relink,
    screen,
};
use containai_ssh::transfer::{Directory, ScanEntry, ScanEntryKind, TreeScan};

use super::candidate::CandidateContent;
use super::candidates::ImportCandidates;

/// The size limit for git configurations, rewritten files and overrides, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The home directory that files are imported from.
#[derive(Clone, Copy)]
pub(crate) struct HomeDirectory<'a> {
    /// The open directory.
    pub(crate) root: &'a Directory,
    /// Its path.
    pub(crate) path: &'a str,
}

impl ImportCandidates {
    /// Finds the files that `items` select. `now` is in nanoseconds since 1970.
    pub(crate) fn find(
        source: HomeDirectory<'_>,
        items: &[ImportItem],
        allowed: &[AllowedSecret],
        now: i128,
    ) -> Self {
        let mut found = Self { now, allowed: allowed.to_vec(), ..Self::default() };
        let mut scan = TreeScan::new(source.root);
        for item in items {
            for path in item.sources() {
                let parents = path.match_indices('/').map(|(end, _)| &path[..end]);
                found.directories.extend([""].into_iter().chain(parents).map(str::to_owned));
            }
            if item.kind == ImportItemKind::Pattern {
                let parent = item.source.rsplit_once('/').map_or("", |(parent, _)| parent);
                let matching =
                    scan.names(parent).into_iter().filter_map(|name| item.for_match(&name));
                let matching: Vec<ImportItem> = matching.collect();
                for item in matching {
                    found.add_item(source, &item, items, &mut scan);
                }
            } else {
                found.add_item(source, item, items, &mut scan);
            }
        }
        found.report = scan.into_report();
        found
    }

    /// Replaces candidates by the files in `root`, which have the paths of files in the home directory.
    pub(crate) fn override_with(&mut self, root: &Directory, items: &[ImportItem]) {
        let mut scan = TreeScan::new(root);
        for name in scan.names("") {
            for found in scan.find(&name, |_| true) {
                match (&found.kind, destination(items, &found.path)) {
                    (ScanEntryKind::Directory, _) => {}
                    (ScanEntryKind::Link(_), _) => {
                        self.warn(&found.path, "overrides that are symbolic links are skipped");
                    }
                    (ScanEntryKind::File, None) => {
                        self.warn(&found.path, "no manifest contains the path of this override");
                    }
                    (ScanEntryKind::File, Some((item, target))) => {
                        match root.read_file(&found.path, MAX_BYTES) {
                            Ok(bytes) => self.add(
                                item,
                                &found,
                                target,
                                CandidateContent::Bytes(prepare(item, bytes)),
                            ),
                            Err(error) => self.warn(&found.path, &error.to_string()),
                        }
                    }
                }
            }
        }
    }

    /// Adds the files that one item selects.
    fn add_item(
        &mut self,
        source: HomeDirectory<'_>,
        item: &ImportItem,
        items: &[ImportItem],
        scan: &mut TreeScan<'_>,
    ) {
        let found = match item.handling {
            ContentHandling::Withhold => {
                if !scan.find(&item.source, str::is_empty).is_empty() {
                    self.withheld.add_login(&item.source, &item.program);
                }
                Vec::new()
            }
            ContentHandling::FilterGitConfig => {
                return self.add_git_config(item, source.root, scan);
            }
            _ => scan.find(&item.source, |below| item.includes(below)),
        };
        let Some(first) = found.first() else {
            // An excluded item has no default either.
            if item.includes("") {
                self.add_default(item);
            }
            return;
        };
        if matches!(
            (item.kind, &first.kind),
            (ImportItemKind::File, ScanEntryKind::Directory)
                | (ImportItemKind::Directory, ScanEntryKind::File)
        ) {
            let expected = if item.kind == ImportItemKind::File { "a file" } else { "a directory" };
            return self.warn(&item.source, &format!("it is skipped because it is not {expected}"));
        }
        for found in found {
            let target = format!("{}{}", item.target, &found.path[item.source.len()..]);
            if let Some(content) = self.content(source, items, &found, &target) {
                self.add(item, &found, target, content);
            }
        }
    }

    /// Returns the content of a found entry; warns and returns `None` if it cannot be read.
    fn content(
        &mut self,
        source: HomeDirectory<'_>,
        items: &[ImportItem],
        found: &ScanEntry,
        target: &str,
    ) -> Option<CandidateContent> {
        let path = &found.path;
        Some(match &found.kind {
            ScanEntryKind::Directory => {
                self.directories.insert(path.clone());
                CandidateContent::Directory
            }
            ScanEntryKind::Link(to) => match relink(items, source.path, path, target, to) {
                Relinked::Imported(to) => CandidateContent::Link(to),
                Relinked::External => {
                    self.warn(path, &format!("it points to `{to}`, which is not imported"));
                    CandidateContent::Link(to.clone())
                }
            },
            ScanEntryKind::File => match Rewriting::of(target) {
                None => CandidateContent::File { path: path.clone(), stat: file_stat(found) },
                Some(rewriting) => match source.root.read_file(path, MAX_BYTES) {
                    Ok(bytes) => CandidateContent::Bytes(rewriting.apply(bytes, source.path)),
                    Err(error) => {
                        self.warn(path, &error.to_string());
                        return None;
                    }
                },
            },
        })
    }

    /// Adds git's configuration files, concatenated.
    fn add_git_config(&mut self, item: &ImportItem, root: &Directory, scan: &mut TreeScan<'_>) {
        let mut joined: Option<(ScanEntry, Vec<u8>)> = None;
        for source in item.sources() {
            let file = scan.find(source, |_| item.includes("")).into_iter().next();
            let Some(file) = file.filter(|file| file.kind == ScanEntryKind::File) else { continue };
            match root.read_file(&file.path, MAX_BYTES) {
                Ok(bytes) => {
                    // The filter does not report what it removes. The filtered text is screened
                    // again, so no file is withheld completely here.
                    self.record_git_secrets(item, &file.path, &bytes);
                    let previous = joined.take().map(|(_, bytes)| bytes).unwrap_or_default();
                    let newline: &[u8] = if previous.is_empty() { b"" } else { b"\n" };
                    joined = Some((file, [&previous, newline, &bytes].concat()));
                }
                Err(error) => self.warn(&file.path, &error.to_string()),
            }
        }
        match joined {
            Some((file, bytes)) => {
                self.add(
                    item,
                    &file,
                    item.target.clone(),
                    CandidateContent::Bytes(prepare(item, bytes)),
                );
            }
            None => self.add_default(item),
        }
    }

    /// Records the secrets of a configuration before it is filtered.
    fn record_git_secrets(&mut self, item: &ImportItem, path: &str, bytes: &[u8]) {
        let screening = Screening { path, target: &item.target, allowed: &self.allowed };
        if let (
            SecretHandling::Screen,
            Screened::Edited { keys, .. } | Screened::Withheld { keys },
        ) = (item.secrets, screen(screening, bytes))
        {
            self.withheld.add(path, &WithheldSecrets { keys, is_whole_file: false });
        }
    }
}

/// Filters the content as the item requires.
fn prepare(item: &ImportItem, bytes: Vec<u8>) -> Vec<u8> {
    match item.handling {
        ContentHandling::FilterGitConfig => {
            filter_git_config(&String::from_utf8_lossy(&bytes)).into_bytes()
        }
        _ => bytes,
    }
}

fn file_stat(found: &ScanEntry) -> FileStat {
    FileStat {
        size: found.size,
        modified: found.modified,
        changed: found.changed,
        inode: found.inode,
    }
}
