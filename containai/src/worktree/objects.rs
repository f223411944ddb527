//! Fetching objects from the container's repository to the host's.
//!
//! No file of the container is copied into the host's repository. The files are copied to a staging
//! repository, where git packs the objects that the requested commits need. git in the host's
//! repository then indexes that pack: it computes the name of every object and refuses malformed
//! objects.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::worktree::ObjectId;

use super::LinkedWorktree;
use super::container_repository::host_git;
use super::untrusted_tree::{UntrustedEntry, UntrustedTree};
use crate::git::ConfinedGit;
use crate::process_env::ProcessEnv;

/// Fetches these objects and everything they refer to, as far as the host lacks them.
pub(crate) fn fetch(
    worktree: &LinkedWorktree,
    container: &UntrustedTree,
    directory: &Path,
    tips: &[ObjectId],
    env: &ProcessEnv,
) -> crate::Result<()> {
    let host = host_git(worktree, env)?;
    if missing(&host, tips)?.is_empty() {
        return Ok(());
    }
    let owner = fs::symlink_metadata(&worktree.common)?;
    let is_other_user = nix::unistd::geteuid().is_root() && owner.uid() != 0;
    // The owner must have access to the parent directory.
    let temporary = match is_other_user {
        true => tempfile::Builder::new().prefix("containai-").tempdir()?,
        false => tempfile::Builder::new().prefix("incoming-").tempdir_in(directory)?,
    };
    let incoming = fs::canonicalize(temporary.path())?;
    create_staging_repository(&incoming, worktree, &host)?;
    copy_loose(container, &incoming, &host)?;
    let packs = copy_packs(container, &incoming)?;
    if is_other_user {
        chown_tree(&incoming, owner.uid(), owner.gid())?;
    }
    let git = ConfinedGit::new(&incoming, &incoming, None, &owner, &env.search_path);
    for pack in packs {
        let path = incoming.join("objects/pack").join(pack);
        let path = path.to_str().context("the path is not UTF-8")?;
        // Damaged and unfinished packs are ignored.
        let _ = git.run(&["index-pack", "--strict", path], b"");
    }
    let pack = tempfile::tempfile_in(directory)?;
    let known = host.text(&["for-each-ref", "--format=^%(objectname)"], b"")?;
    let wanted: String = tips.iter().map(|id| format!("{id}\n")).collect();
    let list = format!("{wanted}{known}");
    let args = ["pack-objects", "--revs", "--thin", "--stdout", "--quiet", "--delta-base-offset"];
    git.run_into(&args, list.as_bytes(), pack.try_clone()?)
        .context("the container's commits cannot be read")?;
    host.run_on(&["index-pack", "--stdin", "--fix-thin", "--strict"], pack)
        .context("git refuses the container's commits")?;
    // Verify that nothing is missing before a reference is changed.

    host.run(&["rev-list", "--objects", "--stdin", "--not", "--all", "--quiet"], wanted.as_bytes())
        .context("the container's commits are incomplete")?;
    Ok(())
}

/// Returns the objects that the repository lacks.
fn missing(git: &ConfinedGit, ids: &[ObjectId]) -> crate::Result<Vec<ObjectId>> {
    let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let output = git.text(&["cat-file", "--batch-check=%(objectname)"], list.as_bytes())?;
    let missing = output.lines().filter_map(|line| line.strip_suffix(" missing"));
    Ok(missing.filter_map(ObjectId::parse).collect())
}

/// Creates a repository with default settings that borrows the host's objects.
fn create_staging_repository(
    incoming: &Path,
    worktree: &LinkedWorktree,
    host: &ConfinedGit,
) -> crate::Result<()> {
    for name in ["refs", "objects/info", "objects/pack"] {
        fs::create_dir_all(incoming.join(name))?;
    }
    let format = host.text(&["rev-parse", "--show-object-format"], b"")?;
    let config = match format.trim() {
        "sha256" => {
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        }
        _ => "[core]\n\trepositoryformatversion = 0\n",
    };
    fs::write(incoming.join("config"), config)?;
    fs::write(incoming.join("HEAD"), "ref: refs/heads/none\n")?;
    let objects = worktree.common.join("objects");
    fs::write(incoming.join("objects/info/alternates"), format!("{}\n", objects.display()))?;
    let shallow = worktree.common.join("shallow");
    if shallow.is_file() {
        fs::copy(shallow, incoming.join("shallow"))?;
    }
    Ok(())
}

fn copy_loose(container: &UntrustedTree, incoming: &Path, host: &ConfinedGit) -> crate::Result<()> {
    let mut files: Vec<(ObjectId, PathBuf)> = Vec::new();
    let is_fan = |it: &UntrustedEntry| {
        it.is_directory()
            && it.name().len() == 2
            && it.name().bytes().all(|b| b.is_ascii_hexdigit())
    };
    for fan in container.list(Path::new("objects"))?.iter().filter(|it| is_fan(it)) {
        for entry in container.list(&fan.path)? {
            let id = ObjectId::parse(&format!("{}{}", fan.name(), entry.name()));
            files.extend(id.filter(|_| entry.is_file()).map(|id| (id, entry.path)));
        }
    }
    let ids: Vec<_> = files.iter().map(|(id, _)| id.clone()).collect();
    let missing: std::collections::BTreeSet<_> = missing(host, &ids)?.into_iter().collect();
    for (_, path) in files.iter().filter(|(id, _)| missing.contains(id)) {
        copy(container, path, incoming)?;
    }
    Ok(())
}

fn copy_packs(container: &UntrustedTree, incoming: &Path) -> crate::Result<Vec<String>> {
    let mut packs = Vec::new();
    for entry in container.list(Path::new("objects/pack"))? {
        let digits = entry.name().strip_prefix("pack-").and_then(|it| it.strip_suffix(".pack"));
        if entry.is_file() && digits.and_then(ObjectId::parse).is_some() {
            copy(container, &entry.path, incoming)?;
            packs.push(entry.name().to_owned());
        }
    }
    Ok(packs)
}

/// Copies a file; a sparse file only up to its allocated size.
fn copy(container: &UntrustedTree, path: &Path, incoming: &Path) -> io::Result<()> {
    let Some(file) = container.file(path)? else { return Ok(()) };
    let limit = file.metadata()?.blocks() * 512 + 4096;
    let target = incoming.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    io::copy(&mut file.take(limit), &mut File::create(target)?)?;
    Ok(())
}

fn chown_tree(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            chown_tree(&entry?.path(), uid, gid)?;
        }
    }
    lchown(path, Some(uid), Some(gid))
}
