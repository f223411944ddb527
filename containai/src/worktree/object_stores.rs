//! From where a container reads the host's objects.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use containai_core::engine::ObjectStore;
use containai_core::layout::CONTAINER_REPOSITORY;
use containai_core::naming::WorkspacePath;

use super::{LinkedWorktree, WorktreeError, is_directory, read};

/// git follows alternates of alternates this far, gitrepository-layout(5).
const MAX_ALTERNATE_DEPTH: usize = 5;

/// Objects, those of repositories that they are borrowed from, and large files of
/// git-lfs, which looks for them beside the objects.
pub(crate) fn of(worktree: &LinkedWorktree) -> Result<Vec<ObjectStore>, WorktreeError> {
    let common = &worktree.common;
    let owner = fs::symlink_metadata(common)?.uid();
    let place = Path::new(CONTAINER_REPOSITORY);
    let mut stores = Vec::new();
    add_store(&mut stores, &common.join("objects"), &place.join("objects"))?;
    if is_directory(&common.join("lfs")) {
        add_store(&mut stores, &common.join("lfs"), &place.join("lfs"))?;
    }
    add_alternates(
        &common.join("objects"),
        &place.join("objects"),
        owner,
        MAX_ALTERNATE_DEPTH,
        &mut stores,
    )?;
    Ok(stores)
}

/// What the objects in `source` borrow from. git inside looks for it at the path
/// that is written there, which is relative to `target` if it is relative.
fn add_alternates(
    source: &Path,
    target: &Path,
    owner: u32,
    depth: usize,
    stores: &mut Vec<ObjectStore>,
) -> Result<(), WorktreeError> {
    let Ok(text) = read(&source.join("info/alternates")) else { return Ok(()) };
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let outside = normalize(&source.join(line));
        let inside = normalize(&target.join(line));
        let is_known = stores.iter().any(|it| it.target.as_path() == inside);
        if depth == 0 || is_known || !is_object_store(&outside, owner) {
            continue;
        }
        add_store(stores, &outside, &inside)?;
        add_alternates(&outside, &inside, owner, depth - 1, stores)?;
    }
    Ok(())
}

/// Whether it is the store of a repository of the same owner: nobody has another
/// directory mounted by naming it as an alternate.
fn is_object_store(path: &Path, owner: u32) -> bool {
    let is_theirs =
        |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| it.is_dir() && it.uid() == owner);
    let repository = path.parent().unwrap_or(path);
    path.file_name().is_some_and(|name| name == "objects")
        && fs::canonicalize(path).is_ok_and(|real| real == path)
        && is_theirs(path)
        && is_theirs(&repository.join("refs"))
        && repository.join("HEAD").is_file()
}

fn add_store(
    stores: &mut Vec<ObjectStore>,
    source: &Path,
    target: &Path,
) -> Result<(), WorktreeError> {
    let (source, target) = (WorkspacePath::new(source)?, WorkspacePath::new(target)?);
    stores.push(ObjectStore { source, target });
    Ok(())
}

/// The path without `.` and `..`, as text: inside it is another file system.
fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            component => normal.push(component),
        }
    }
    normal
}
