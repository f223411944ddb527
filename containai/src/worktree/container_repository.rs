//! The repository that a linked worktree's container has of its own.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, lchown};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::ResultExt as _;
use containai_core::layout::{CONTAINER_REPOSITORY, CONTAINER_WORKSPACE, Layout};
use containai_core::naming::WorkspacePath;
use containai_core::worktree::{Head, Refs, WorktreeRecord, container_config, parse_for_each_ref};

use super::untrusted_tree::{UntrustedEntry, UntrustedTree};
use super::{LinkedWorktree, find, links};
use crate::git::ConfinedGit;
use crate::report::Reporter;

/// Who owns it where the workspace belongs to the host's root, whose files the
/// runtime lends to nobody. Nobody else gets to it: it lies in a directory of
/// root's alone.
const CONTAINER_UID: u32 = 1000;
/// What of the entry has another content inside.
const REWRITTEN_FILES: [&str; 4] = ["commondir", "gitdir", "locked", "config.worktree"];
/// How references are listed that [`parse_listed`] reads.
pub(crate) const REF_LIST_FORMAT: &str = "--format=%(objectname) %(refname)";

/// Makes the repository for the container of the workspace, unless it is there;
/// does nothing where the workspace is no linked worktree.
pub(crate) fn ensure_container_repository(
    workspace: &WorkspacePath,
    layout: &Layout,
    reporter: &Reporter,
) -> crate::Result<()> {
    let Ok(Some(worktree)) = find(workspace) else { return Ok(()) };
    let place = layout.worktree_dir(workspace);
    let own = layout.worktree_repository(workspace);
    if let Some(record) = read_record(layout, workspace)?
        && own.exists()
    {
        if is_for(&record, &worktree)? {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let aside = place.with_extension(now.to_string());
        fs::rename(&place, &aside)?;
        reporter.warn(&format!(
            "`{workspace}` is another worktree than before: what its container had of git is kept in `{}`",
            aside.display()
        ));
    }
    let context = || format!("cannot make a repository for the container of `{workspace}`");
    create(&worktree, &place, layout).with_context(context)
}

/// git for the host's side of the worktree.
pub(crate) fn host_git(worktree: &LinkedWorktree) -> crate::Result<ConfinedGit> {
    let owner = fs::symlink_metadata(&worktree.common)?;
    let work_tree = Some(worktree.workspace.as_path());
    Ok(ConfinedGit::new(&worktree.entry, &worktree.common, work_tree, &owner))
}

/// All references of the host, those that were kept for it left out.
pub(crate) fn host_refs(git: &ConfinedGit) -> crate::Result<Refs> {
    let mut refs = parse_for_each_ref(&git.text(&["for-each-ref", REF_LIST_FORMAT], b"")?);
    refs.retain(|name, _| !name.as_str().starts_with("refs/containai/"));
    Ok(refs)
}

/// What `HEAD` of the worktree names on the host.
pub(crate) fn host_head(git: &ConfinedGit) -> crate::Result<Option<Head>> {
    if git.run_succeeds(&["symbolic-ref", "--quiet", "HEAD"])? {
        let name = git.text(&["symbolic-ref", "HEAD"], b"")?;
        return Ok(Head::parse(&format!("ref: {name}")));
    }
    Ok(Head::parse(&git.text(&["rev-parse", "--verify", "HEAD"], b"")?))
}

pub(crate) fn read_record(
    layout: &Layout,
    workspace: &WorkspacePath,
) -> crate::Result<Option<WorktreeRecord>> {
    let path = layout.worktree_sync_base(workspace);
    let shown = || format!("cannot use `{}`", path.display());
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).with_context(shown),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(shown),
    }
}

/// Writes the record; it appears whole or not at all.
pub(crate) fn write_record(
    layout: &Layout,
    workspace: &WorkspacePath,
    record: &WorktreeRecord,
) -> crate::Result<()> {
    let directory = layout.worktree_dir(workspace);
    let path = layout.worktree_sync_base(workspace);
    let written = || -> io::Result<()> {
        let private = Permissions::from_mode(0o600);
        let mut file = tempfile::Builder::new().permissions(private).tempfile_in(&directory)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    written().with_context(|| format!("cannot write `{}`", path.display()))
}

/// Whether the record is of this very worktree, and not of an earlier one at the
/// same place.
pub(crate) fn is_for(record: &WorktreeRecord, worktree: &LinkedWorktree) -> io::Result<bool> {
    let is_same = Path::new(&record.common_dir) == worktree.common
        && Path::new(&record.worktree_dir) == worktree.entry;
    Ok(is_same && record.created == creation_id(worktree)?)
}

/// What tells a worktree from another one of the same name: git writes this file
/// once.
fn creation_id(worktree: &LinkedWorktree) -> io::Result<String> {
    let it = fs::symlink_metadata(worktree.entry.join("commondir"))?;
    Ok(format!("{}-{}.{}", it.ino(), it.mtime(), it.mtime_nsec()))
}

fn create(worktree: &LinkedWorktree, place: &Path, layout: &Layout) -> crate::Result<()> {
    links::refuse_links(worktree)?;
    DirBuilder::new().recursive(true).mode(0o700).create(place)?;
    let apart = tempfile::Builder::new().prefix("new-").tempdir_in(place)?;
    let git = host_git(worktree)?;
    let refs = host_refs(&git)?;
    fill(worktree, apart.path(), &git, &refs)?;
    chown_tree(apart.path(), &fs::symlink_metadata(&worktree.common)?)?;
    let record = WorktreeRecord {
        common_dir: worktree.common.display().to_string(),
        worktree_dir: worktree.entry.display().to_string(),
        created: creation_id(worktree)?,
        base: refs.into_iter().filter(|(name, _)| name.is_branch_or_tag()).collect(),
        head: host_head(&git)?,
        conflicting_refs: Refs::new(),
        index_base: None,
        fingerprints: containai_core::worktree::Fingerprints::default(),
    };
    write_record(layout, &worktree.workspace, &record)?;
    fs::rename(apart.path(), layout.worktree_repository(&worktree.workspace))?;
    drop(apart.keep());
    Ok(())
}

fn fill(
    worktree: &LinkedWorktree,
    own: &Path,
    git: &ConfinedGit,
    refs: &Refs,
) -> crate::Result<()> {
    let entry = Path::new("worktrees").join(worktree.name());
    for name in ["refs/heads", "refs/tags", "objects/info", "objects/pack", "logs", "hooks", "info"]
    {
        fs::create_dir_all(own.join(name))?;
    }
    let host = UntrustedTree::open(&worktree.common)?.context("the repository is gone")?;
    let from = UntrustedTree::open(&worktree.entry)?.context("its entry is gone")?;
    copy(&from, from.walk(Path::new(""))?, &own.join(&entry), |it| {
        it.path.components().count() > 1
            || !REWRITTEN_FILES.contains(&it.name()) && !it.name().ends_with(".lock")
    })?;
    let is_own = |it: &UntrustedEntry| !it.name().ends_with(".sample");
    for directory in ["hooks", "info"] {
        copy(&host, host.walk(Path::new(directory))?, own, is_own)?;
    }
    copy(&host, host.stat(Path::new("shallow"))?, own, is_own)?;
    let head = host.text(Path::new("HEAD"), 4096)?.as_deref().and_then(Head::parse);
    let head = head.map_or_else(|| "ref: refs/heads/main\n".to_owned(), |head| head.to_file());
    fs::write(own.join("HEAD"), head)?;
    let settings =
        |words: &[&str]| crate::Result::<_>::Ok(container_config(&git.text(words, b"")?));
    let listed = ["config", "--list", "--null", "--no-includes"];
    fs::write(own.join("config"), settings(&[&listed[..], &["--local"]].concat())?)?;
    let of_worktree = worktree.entry.join("config.worktree");
    if let (true, Some(path)) = (of_worktree.is_file(), of_worktree.to_str()) {
        let text = settings(&[&listed[..], &["--file", path]].concat())?;
        fs::write(own.join(&entry).join("config.worktree"), text)?;
    }
    let is_seen = |name: &str| !name.starts_with("refs/stash");
    let packed = refs.iter().filter(|(name, _)| is_seen(name.as_str()));
    let packed: String = packed.map(|(name, id)| format!("{id} {name}\n")).collect();
    fs::write(own.join("packed-refs"), packed)?;
    fs::write(own.join("objects/info/alternates"), format!("{CONTAINER_REPOSITORY}/objects\n"))?;
    fs::write(own.join(&entry).join("commondir"), "../..\n")?;
    // The one path that every container has.
    fs::write(own.join(&entry).join("gitdir"), format!("{CONTAINER_WORKSPACE}/.git\n"))?;
    Ok(())
}

/// Copies regular files, whatever is beside them.
fn copy(
    from: &UntrustedTree,
    entries: impl IntoIterator<Item = UntrustedEntry>,
    to: &Path,
    is_copied: impl Fn(&UntrustedEntry) -> bool,
) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in entries.into_iter().filter(|it| it.is_file() && is_copied(it)) {
        let Some(mut source) = from.file(&entry.path)? else { continue };
        let target = to.join(&entry.path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&target)?;
        io::copy(&mut source, &mut file)?;
        file.set_permissions(Permissions::from_mode(entry.status.st_mode & 0o755))?;
    }
    Ok(())
}

/// Gives the tree to whom the runtime takes for the container's user.
fn chown_tree(path: &Path, owner: &Metadata) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o755))?;
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = match owner.uid() {
        0 => (CONTAINER_UID, CONTAINER_UID),
        uid => (uid, owner.gid()),
    };
    chown(path, uid, gid)
}

fn chown(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            chown(&entry?.path(), uid, gid)?;
        }
    }
    lchown(path, Some(uid), Some(gid))
}
