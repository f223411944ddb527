//! Objects, from the container's own repository to the host's.
//!
//! Nothing that the container wrote is put into the host's repository as it is.
//! Its files are copied to a repository that is ours, git there makes a pack of
//! what the wanted commits need, and git of the host's repository reads that pack
//! anew: it computes the name of every object and refuses malformed ones.

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

/// Brings what these objects need, as far as the host lacks it.
pub(crate) fn fetch(
    worktree: &LinkedWorktree,
    own: &UntrustedTree,
    place: &Path,
    tips: &[ObjectId],
) -> crate::Result<()> {
    let host = host_git(worktree)?;
    if missing(&host, tips)?.is_empty() {
        return Ok(());
    }
    let owner = fs::symlink_metadata(&worktree.common)?;
    let is_for_another = nix::unistd::geteuid().is_root() && owner.uid() != 0;
    // Its owner has to get there, too.
    let made = match is_for_another {
        true => tempfile::Builder::new().prefix("containai-").tempdir()?,
        false => tempfile::Builder::new().prefix("incoming-").tempdir_in(place)?,
    };
    let incoming = fs::canonicalize(made.path())?;
    create_staging_repository(&incoming, worktree, &host)?;
    copy_loose(own, &incoming, &host)?;
    let packs = copy_packs(own, &incoming)?;
    if is_for_another {
        chown_tree(&incoming, owner.uid(), owner.gid())?;
    }
    let git = ConfinedGit::new(&incoming, &incoming, None, &owner);
    for pack in packs {
        let path = incoming.join("objects/pack").join(pack);
        let path = path.to_str().context("its path is no text")?;
        // One that is damaged, or still being written, has nothing for us.
        let _ = git.run(&["index-pack", "--strict", path], b"");
    }
    let pack = tempfile::tempfile_in(place)?;
    let known = host.text(&["for-each-ref", "--format=^%(objectname)"], b"")?;
    let wanted: String = tips.iter().map(|id| format!("{id}\n")).collect();
    let list = format!("{wanted}{known}");
    let words = ["pack-objects", "--revs", "--thin", "--stdout", "--quiet", "--delta-base-offset"];
    git.run_into(&words, list.as_bytes(), pack.try_clone()?)
        .context("the container's commits cannot be read")?;
    host.run_on(&["index-pack", "--stdin", "--fix-thin", "--strict"], pack)
        .context("the container's commits are refused")?;
    // Whole, or none of it is used.

    host.run(&["rev-list", "--objects", "--stdin", "--not", "--all", "--quiet"], wanted.as_bytes())
        .context("the container's commits are incomplete")?;
    Ok(())
}

/// Which of these objects the repository has not.
fn missing(git: &ConfinedGit, ids: &[ObjectId]) -> crate::Result<Vec<ObjectId>> {
    let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let said = git.text(&["cat-file", "--batch-check=%(objectname)"], list.as_bytes())?;
    let missing = said.lines().filter_map(|line| line.strip_suffix(" missing"));
    Ok(missing.filter_map(ObjectId::parse).collect())
}

/// A repository without settings of anybody's, which borrows the host's objects.
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

fn copy_loose(own: &UntrustedTree, incoming: &Path, host: &ConfinedGit) -> crate::Result<()> {
    let mut files: Vec<(ObjectId, PathBuf)> = Vec::new();
    let is_fan = |it: &UntrustedEntry| {
        it.is_directory()
            && it.name().len() == 2
            && it.name().bytes().all(|b| b.is_ascii_hexdigit())
    };
    for fan in own.list(Path::new("objects"))?.iter().filter(|it| is_fan(it)) {
        for entry in own.list(&fan.path)? {
            let id = ObjectId::parse(&format!("{}{}", fan.name(), entry.name()));
            files.extend(id.filter(|_| entry.is_file()).map(|id| (id, entry.path)));
        }
    }
    let ids: Vec<_> = files.iter().map(|(id, _)| id.clone()).collect();
    let missing: std::collections::BTreeSet<_> = missing(host, &ids)?.into_iter().collect();
    for (_, path) in files.iter().filter(|(id, _)| missing.contains(id)) {
        copy(own, path, incoming)?;
    }
    Ok(())
}

fn copy_packs(own: &UntrustedTree, incoming: &Path) -> crate::Result<Vec<String>> {
    let mut packs = Vec::new();
    for entry in own.list(Path::new("objects/pack"))? {
        let digits = entry.name().strip_prefix("pack-").and_then(|it| it.strip_suffix(".pack"));
        if entry.is_file() && digits.and_then(ObjectId::parse).is_some() {
            copy(own, &entry.path, incoming)?;
            packs.push(entry.name().to_owned());
        }
    }
    Ok(packs)
}

/// Copies a file, and of one with holes no more than what it takes on the disk.
fn copy(own: &UntrustedTree, path: &Path, incoming: &Path) -> io::Result<()> {
    let Some(file) = own.file(path)? else { return Ok(()) };
    let most = file.metadata()?.blocks() * 512 + 4096;
    let target = incoming.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    io::copy(&mut file.take(most), &mut File::create(target)?)?;
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
