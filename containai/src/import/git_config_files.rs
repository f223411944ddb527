//! The git configuration of a user: its files, those that they include, and those that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use containai_core::import::{
    FilteredGitConfig, GitConfigPart, ImportItem, IncludePlace, Screened, Screening,
    SecretHandling, WithheldParts, conditional_include, destination, filter_git_config,
    git_config_files, git_config_parts, screen,
};
use containai_core::layout::CONTAINER_DATA;
use containai_ssh::transfer::{Directory, ScanEntry, ScanEntryKind, TreeScan};

use super::candidate::CandidateContent;
use super::candidates::ImportCandidates;
use super::found_file::FileSearch;
use super::home_directory::{HomeDirectory, MAX_BYTES, file_stat};
use super::link_target::{LinkPlace, LinkTarget};

/// The most nested includes, as in git.
const MAX_INCLUDES: usize = 10;
/// The directory on the volume of files that a configuration names.
const FILES: &str = "git/files";
/// The directory on the volume of configurations that are included under a condition.
const INCLUDES: &str = "git/includes";
/// The files that git reads by default, and their settings.
const DEFAULT_FILES: [(&str, &str); 2] =
    [(".config/git/ignore", "excludesfile"), (".config/git/attributes", "attributesfile")];

/// A configuration file that was found.
struct GitConfigFile {
    place: LinkTarget,
    text: String,
}

/// The text of all configuration files.
#[derive(Default)]
struct GitConfigText {
    text: String,
    /// The first parts of the paths of these files below the home directory.
    directories: BTreeSet<String>,
    /// Whether an include is left out that exists.
    is_partial: bool,
    /// The configurations that are included under a condition, with their paths in the text.
    conditional: Vec<(String, GitConfigText)>,
}

impl ImportCandidates {
    /// Adds git's configuration files, concatenated as git reads them, and the files that they name.
    pub(super) fn add_git_config(&mut self, item: &ImportItem, search: &mut FileSearch<'_, '_>) {
        let mut config =
            GitConfigText { text: default_files(search.source), ..GitConfigText::default() };
        let mut last = None;
        for source in item.sources() {
            let Some((entry, file)) = self.read_git_config(item, source, search) else { continue };
            // The filter does not report secrets. The filtered text is screened again, so no file
            // is withheld completely here.
            self.record_git_secrets(item, source, &file.text);
            config.read(search.source, &file, 0);
            if let LinkTarget::Home(real) = &file.place {
                self.add_followed(real, source);
            }
            last = Some(entry);
        }
        let entry = last.or_else(|| {
            let default = DEFAULT_FILES
                .iter()
                .find_map(|(path, _)| entry_at(&LinkTarget::Home((*path).to_owned()), search));
            default.map(|mut entry| {
                item.source.clone_into(&mut entry.path);
                entry
            })
        });
        let Some(entry) = entry else { return self.add_default(item) };
        let (text, removed) = self.filter_git_config(item, search, config, &entry, &mut 0);
        if !removed.is_empty() {
            let parts = WithheldParts { settings: removed, ..WithheldParts::default() };
            self.withheld.add(&entry.path, &parts);
        }
        let content = CandidateContent::Bytes(text.into_bytes());
        self.add(item, &entry, item.target.clone(), content);
    }

    /// Filters a configuration, and adds the files that it names and those that it includes under a
    /// condition, which get numbers from `count` on. Returns its text and the removed settings.
    fn filter_git_config(
        &mut self,
        item: &ImportItem,
        search: &mut FileSearch<'_, '_>,
        config: GitConfigText,
        entry: &ScanEntry,
        count: &mut usize,
    ) -> (String, Vec<String>) {
        let mut files = self.add_named_files(item, search, &config);
        let mut removed_inside = Vec::new();
        for (mark, included) in config.conditional {
            let target = format!("{INCLUDES}/{count}");
            *count += 1;
            let (text, removed) = self.filter_git_config(item, search, included, entry, count);
            removed_inside.extend(removed);
            files.insert(mark, format!("{CONTAINER_DATA}/{target}"));
            self.add(item, entry, target, CandidateContent::Bytes(text.into_bytes()));
        }
        let FilteredGitConfig { text, mut removed, .. } = filter_git_config(&config.text, &files);
        if config.is_partial {
            removed.push("include.path".to_owned());
        }
        removed_inside.retain(|setting| !removed.contains(setting));
        removed.extend(removed_inside);
        (text, removed)
    }

    fn read_git_config(
        &mut self,
        item: &ImportItem,
        source: &str,
        search: &mut FileSearch<'_, '_>,
    ) -> Option<(ScanEntry, GitConfigFile)> {
        let HomeDirectory { root, path: home, .. } = search.source;
        let path = Path::new(home).join(source);
        if !item.includes("") || path.symlink_metadata().is_err() {
            return None;
        }
        let place = LinkTarget::resolve(Path::new(home), &path, LinkPlace::Settings);
        let read = place.map_err(|refusal| refusal.to_string()).and_then(|place| {
            let mut entry =
                entry_at(&place, search).ok_or_else(|| "it is not a file".to_owned())?;
            source.clone_into(&mut entry.path);
            let bytes = place.read(root, MAX_BYTES).map_err(|error| error.to_string())?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok((entry, GitConfigFile { place, text }))
        });
        match read {
            Ok(read) => Some(read),
            Err(reason) => {
                self.warn(source, &format!("it is not imported: {reason}"));
                None
            }
        }
    }

    /// Adds the files that a configuration names. Returns their paths in the container by those in
    /// the configuration.
    fn add_named_files(
        &mut self,
        item: &ImportItem,
        search: &mut FileSearch<'_, '_>,
        config: &GitConfigText,
    ) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let home = Path::new(search.source.path);
        for written in git_config_files(&config.text) {
            let path = written_path(home, home, &written);
            let below = path.strip_prefix(search.source.path).ok().and_then(Path::to_str);
            if let Some((_, target)) = below.and_then(|path| destination(search.items, path)) {
                files.insert(written, format!("{CONTAINER_DATA}/{target}"));
                continue;
            }
            let Ok(place) = LinkTarget::resolve(home, &path, LinkPlace::Settings) else { continue };
            if !config.may_name(&place) {
                continue;
            }
            let Some(mut entry) = entry_at(&place, search) else { continue };
            let (content, name) = match &place {
                LinkTarget::Home(real) => {
                    let stat = file_stat(&entry);
                    let name = below.unwrap_or(real).to_owned();
                    let (path, name) = (real.clone(), name);
                    (CandidateContent::File { path, name: name.clone(), stat }, name)
                }
                LinkTarget::Store(real) => {
                    let Ok(bytes) = place.read(search.source.root, MAX_BYTES) else { continue };
                    let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    (CandidateContent::Bytes(bytes), name)
                }
            };
            let target = format!("{FILES}/{name}");
            entry.path = name;
            files.insert(written, format!("{CONTAINER_DATA}/{target}"));
            self.add(item, &entry, target, content);
        }
        files
    }

    /// Records the secrets of a configuration before it is filtered.
    fn record_git_secrets(&mut self, item: &ImportItem, path: &str, text: &str) {
        let screening = Screening { path, target: &item.target, allowed: &self.allowed };
        if let (
            SecretHandling::Screen,
            Screened::Edited { keys, .. } | Screened::Withheld { keys },
        ) = (item.secrets, screen(screening, text.as_bytes()))
        {
            self.withheld.add(path, &WithheldParts { keys, ..WithheldParts::default() });
        }
    }
}

impl GitConfigText {
    /// Adds a configuration with the text of included ones in place of their settings. Files that
    /// do not exist are ignored, as in git.
    fn read(&mut self, source: HomeDirectory<'_>, file: &GitConfigFile, nesting: usize) {
        let home = Path::new(source.path);
        let of_file = match &file.place {
            LinkTarget::Home(path) => {
                self.directories.insert(first_part(path).to_owned());
                home.join(path)
            }
            LinkTarget::Store(path) => path.clone(),
        };
        let directory = of_file.parent().unwrap_or(home);
        for part in git_config_parts(&file.text) {
            let written = match part {
                GitConfigPart::Text(text) => {
                    self.text.push_str(&text);
                    continue;
                }
                GitConfigPart::Include(written) => written,
                GitConfigPart::ConditionalInclude { condition, path } => {
                    let place = IncludePlace {
                        workspace: source.workspace,
                        home: source.path,
                        directory: &directory.to_string_lossy(),
                    };
                    let mapped = place.in_container(&condition);
                    let path = written_path(home, directory, &path);
                    self.include_if((&condition, mapped), source, file, &path, nesting);
                    continue;
                }
            };
            let path = written_path(home, directory, &written);
            if path.symlink_metadata().is_err() {
                continue;
            }
            match included(source, &file.place, &path).filter(|_| nesting < MAX_INCLUDES) {
                Some(included) => self.read(source, &included, nesting + 1),
                None => self.is_partial = true,
            }
        }
        self.text.push('\n');
    }

    /// Adds a configuration that is included under a condition, given with the one for the container.
    fn include_if(
        &mut self,
        (condition, mapped): (&str, Option<String>),
        source: HomeDirectory<'_>,
        file: &GitConfigFile,
        path: &Path,
        nesting: usize,
    ) {
        let mark = path.to_string_lossy().into_owned();
        let Some(mapped) = mapped else {
            // The filter removes and reports it.
            return self.text.push_str(&conditional_include(condition, &mark));
        };
        if path.symlink_metadata().is_err() {
            return;
        }
        let Some(included) = included(source, &file.place, path).filter(|_| nesting < MAX_INCLUDES)
        else {
            self.is_partial = true;
            return;
        };
        let mut inside = Self { directories: self.directories.clone(), ..Self::default() };
        inside.read(source, &included, nesting + 1);
        self.text.push_str(&conditional_include(&mapped, &mark));
        self.conditional.push((mark, inside));
    }

    /// Whether the configuration may name this file. A part of it may come from a workspace, so it
    /// only names files of git, and those in the directories of its own files.
    fn may_name(&self, place: &LinkTarget) -> bool {
        match place {
            LinkTarget::Home(path) => {
                is_of_git(path) || self.directories.contains(first_part(path))
            }
            LinkTarget::Store(_) => true,
        }
    }
}

/// Reads an included configuration. One that a link leads to may be in a workspace: it only
/// includes files of its own directory, and those of git.
fn included(
    source: HomeDirectory<'_>,
    including: &LinkTarget,
    path: &Path,
) -> Option<GitConfigFile> {
    let place = LinkTarget::resolve(Path::new(source.path), path, LinkPlace::Settings).ok()?;
    let may_include = match (including, &place) {
        (LinkTarget::Home(config), LinkTarget::Home(path)) => {
            is_of_git(config) || is_of_git(path) || first_part(config) == first_part(path)
        }
        _ => true,
    };
    if !may_include {
        return None;
    }
    let bytes = place.read(source.root, MAX_BYTES).ok()?;
    Some(GitConfigFile { place, text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// Whether a path of the home directory is git's by its name.
fn is_of_git(path: &str) -> bool {
    path.starts_with(".git") || path.starts_with(".config/git/")
}

fn first_part(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// Returns the settings of files that git reads by default, as far as they exist.
fn default_files(source: HomeDirectory<'_>) -> String {
    let exists = |(path, _): &&(&str, &str)| Path::new(source.path).join(path).exists();
    let settings = DEFAULT_FILES.iter().filter(exists);
    settings.map(|(path, key)| format!("[core]\n\t{key} = ~/{path}\n")).collect()
}

/// Returns the absolute path of a path in a configuration in `directory`.
fn written_path(home: &Path, directory: &Path, written: &str) -> PathBuf {
    match written.strip_prefix("~/") {
        Some(below) => home.join(below),
        None => directory.join(written),
    }
}

/// Returns the metadata of a file; `None` for other things.
fn entry_at(place: &LinkTarget, search: &mut FileSearch<'_, '_>) -> Option<ScanEntry> {
    let found = match place {
        LinkTarget::Home(path) => search.scan.find(path, str::is_empty),
        LinkTarget::Store(path) => {
            let directory = Directory::open(path.parent()?, &[]).ok()?;
            TreeScan::new(&directory).find(path.file_name()?.to_str()?, str::is_empty)
        }
    };
    found.into_iter().next().filter(|entry| entry.kind == ScanEntryKind::File)
}
