//! Finding the files of an import in the home directory.

use containai_core::import::{
    AllowedSecret, ContentHandling, ImportItem, ImportItemKind, Rewriting, destination,
    filter_git_config, git_config_files,
};
use containai_ssh::transfer::{Directory, ScanEntryKind, TreeScan};

use super::candidate::CandidateContent;
use super::candidates::ImportCandidates;
use super::found_file::{FileSearch, FoundFile};
use super::home_directory::{HomeDirectory, MAX_BYTES, file_stat};
use super::link_target::LinkTarget;

impl ImportCandidates {
    /// Finds the files that `items` select. `now` is in nanoseconds since 1970.
    pub(crate) fn find<'a>(
        source: HomeDirectory<'a>,
        items: &'a [ImportItem],
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
    fn add_item<'a>(
        &mut self,
        source: HomeDirectory<'a>,
        item: &ImportItem,
        items: &'a [ImportItem],
        scan: &mut TreeScan<'a>,
    ) {
        let mut search = FileSearch { source, items, scan };
        if item.handling == ContentHandling::FilterGitConfig {
            return self.add_git_config(item, &mut search);
        }
        let found = match search.find(item) {
            Ok(found) => found,
            Err(refusal) => {
                return self.warn(&item.source, &format!("it is not imported: {refusal}"));
            }
        };
        let Some(first) = found.first() else {
            // An excluded item has no default either.
            if item.includes("") && item.handling != ContentHandling::Withhold {
                self.add_default(item);
            }
            return;
        };
        if item.handling == ContentHandling::Withhold {
            return self.withheld.add_login(&item.source, &item.program);
        }
        if matches!(
            (item.kind, &first.entry.kind),
            (ImportItemKind::File, ScanEntryKind::Directory)
                | (ImportItemKind::Directory, ScanEntryKind::File)
        ) {
            let expected = if item.kind == ImportItemKind::File { "a file" } else { "a directory" };
            return self.warn(&item.source, &format!("it is skipped because it is not {expected}"));
        }
        for found in found {
            let target = format!("{}{}", item.target, &found.entry.path[item.source.len()..]);
            if let Some(content) = self.content(source, &found, &target) {
                self.add(item, &found.entry, target, content);
            }
        }
    }

    /// Returns the content of a found entry; warns and returns `None` if it cannot be read.
    fn content(
        &mut self,
        source: HomeDirectory<'_>,
        found: &FoundFile,
        target: &str,
    ) -> Option<CandidateContent> {
        let path = &found.entry.path;
        match (&found.entry.kind, &found.link) {
            (ScanEntryKind::Directory, _) => {
                if let LinkTarget::Home(path) = &found.place {
                    self.directories.insert(path.clone());
                }
                Some(CandidateContent::Directory)
            }
            (ScanEntryKind::Link(_), Some(Ok(to))) => Some(CandidateContent::Link(to.clone())),
            (ScanEntryKind::Link(to), refused) => {
                let reason = match refused {
                    Some(Err(refusal)) => format!(": {refusal}"),
                    _ => String::new(),
                };
                self.warn(path, &format!("it points to `{to}`, which is not imported{reason}"));
                Some(CandidateContent::Link(to.clone()))
            }
            (ScanEntryKind::File, _) => match (&found.place, Rewriting::of(target)) {
                (LinkTarget::Home(real), None) => {
                    self.add_followed(real, path);
                    let (path, name) = (real.clone(), path.clone());
                    let stat = file_stat(&found.entry);
                    Some(CandidateContent::File { path, name, stat })
                }
                (place, rewriting) => match place.read(source.root, MAX_BYTES) {
                    Ok(bytes) => {
                        let rewritten = rewriting.map(|it| it.apply(bytes.clone(), source.path));
                        Some(CandidateContent::Bytes(rewritten.unwrap_or(bytes)))
                    }
                    Err(error) => {
                        self.warn(path, &error.to_string());
                        None
                    }
                },
            },
        }
    }
}

/// Filters the content as the item requires.
fn prepare(item: &ImportItem, bytes: Vec<u8>) -> Vec<u8> {
    match item.handling {
        ContentHandling::FilterGitConfig => {
            let text = String::from_utf8_lossy(&bytes);
            // An override is written for the container: the files that it names are there.
            let files = git_config_files(&text).into_iter().map(|path| (path.clone(), path));
            filter_git_config(&text, &files.collect()).text.into_bytes()
        }
        _ => bytes,
    }
}
