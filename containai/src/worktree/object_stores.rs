//! The object stores of the host that a container reads.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use containai_core::engine::ObjectStore;
use containai_core::layout::CONTAINER_REPOSITORY;
use containai_core::naming::WorkspacePath;

use super::{LinkedWorktree, WorktreeError, is_directory, read};

/// The depth of alternates that git follows, gitrepository-layout(5).
const MAX_ALTERNATE_DEPTH: usize = 5;

/// Returns the repository's object store, the stores that it borrows from, and git-lfs objects,
/// which git-lfs expects beside the object store.
pub(crate) fn of(worktree: &LinkedWorktree) -> Result<Vec<ObjectStore>, WorktreeError> {
    let common = &worktree.common;
    let owner = fs::symlink_metadata(common)?.uid();
    let target = Path::new(CONTAINER_REPOSITORY);
    let mut stores = Vec::new();
    add_store(&mut stores, &common.join("objects"), &target.join("objects"))?;
    if is_directory(&common.join("lfs")) {
        add_store(&mut stores, &common.join("lfs"), &target.join("lfs"))?;
    }
    add_alternates(
        &common.join("objects"),
        &target.join("objects"),
        owner,
        MAX_ALTERNATE_DEPTH,
        &mut stores,
    )?;
    Ok(stores)
}

/// Adds the stores that the store at `source` borrows from. git in the container looks for them at
/// the recorded paths; relative ones are relative to `target`.
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

/// Returns whether the path is the object store of a repository of the same owner. Other
/// directories must not be mounted because an alternates file names them.
fn is_object_store(path: &Path, owner: u32) -> bool {
    let has_owner =
        |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| it.is_dir() && it.uid() == owner);
    let repository = path.parent().unwrap_or(path);
    path.file_name().is_some_and(|name| name == "objects")
        && fs::canonicalize(path).is_ok_and(|real| real == path)
        && has_owner(path)
        && has_owner(&repository.join("refs"))
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

/// Removes `.` and `..` lexically, because the container has another file system.
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
