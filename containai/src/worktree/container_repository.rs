//! The separate repository of a linked worktree's container.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, lchown};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::ResultExt as _;
use crate::process_env::ProcessEnv;
use containai_core::layout::{CONTAINER_REPOSITORY, CONTAINER_WORKSPACE};
use containai_core::naming::WorkspacePath;
use containai_core::worktree::{Head, Refs, WorktreeRecord, container_config, parse_for_each_ref};

use super::untrusted_tree::{UntrustedEntry, UntrustedTree};
use super::{LinkedWorktree, find, links};
use crate::git::ConfinedGit;
use crate::private_file;
use crate::report::Reporter;

/// The owner of the repository if the workspace belongs to root, whose files the runtime does not
/// map. No other user has access: the parent directory is accessible to root only.
const CONTAINER_UID: u32 = 1000;
/// Files of the entry that have a different content in the container.
const REWRITTEN_FILES: [&str; 4] = ["commondir", "gitdir", "locked", "config.worktree"];
/// The format of references for [`parse_for_each_ref`].
pub(crate) const REF_LIST_FORMAT: &str = "--format=%(objectname) %(refname)";

/// Creates the repository for the workspace's container if it does not exist. Does nothing if the
/// workspace is not a linked worktree.
pub(crate) fn ensure_container_repository(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<()> {
    let Ok(Some(worktree)) = find(workspace) else { return Ok(()) };
    let directory = env.layout.worktree_dir(workspace);
    let repository = env.layout.worktree_repository(workspace);
    if let Some(record) = read_record(env, workspace)?
        && repository.exists()
    {
        if is_for(&record, &worktree)? {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let backup = directory.with_extension(now.to_string());
        fs::rename(&directory, &backup)?;
        reporter.warn(&format!(
            "`{workspace}` is a different worktree than before; its container's former repository is kept in `{}`",
            backup.display()
        ));
    }
    let context = || format!("cannot create the repository for the container of `{workspace}`");
    create(&worktree, &directory, env).with_context(context)
}

/// Returns a confined git for the host's side of the worktree.
pub(crate) fn host_git(worktree: &LinkedWorktree, env: &ProcessEnv) -> crate::Result<ConfinedGit> {
    let owner = fs::symlink_metadata(&worktree.common)?;
    let work_tree = Some(worktree.workspace.as_path());
    Ok(ConfinedGit::new(&worktree.entry, &worktree.common, work_tree, &owner, &env.search_path))
}

/// Lists all references of the host except [`ConflictRefs`](super::conflict_refs::ConflictRefs).
pub(crate) fn host_refs(git: &ConfinedGit) -> crate::Result<Refs> {
    let mut refs = parse_for_each_ref(&git.text(&["for-each-ref", REF_LIST_FORMAT], b"")?);
    refs.retain(|name, _| !name.as_str().starts_with("refs/containai/"));
    Ok(refs)
}

/// Reads `HEAD` of the worktree on the host.
pub(crate) fn host_head(git: &ConfinedGit) -> crate::Result<Option<Head>> {
    if git.run_succeeds(&["symbolic-ref", "--quiet", "HEAD"])? {
        let name = git.text(&["symbolic-ref", "HEAD"], b"")?;
        return Ok(Head::parse(&format!("ref: {name}")));
    }
    Ok(Head::parse(&git.text(&["rev-parse", "--verify", "HEAD"], b"")?))
}

/// Reads the record of the last sync; `None` if there is none.
pub(crate) fn read_record(
    env: &ProcessEnv,
    workspace: &WorkspacePath,
) -> crate::Result<Option<WorktreeRecord>> {
    let path = env.layout.worktree_sync_base(workspace);
    let shown = || format!("cannot read `{}`", path.display());
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).with_context(shown),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(shown),
    }
}

/// Writes the record of the last sync atomically.
pub(crate) fn write_record(
    env: &ProcessEnv,
    workspace: &WorkspacePath,
    record: &WorktreeRecord,
) -> crate::Result<()> {
    let path = env.layout.worktree_sync_base(workspace);
    private_file::write(&path, &serde_json::to_string(record)?)
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Returns whether the record belongs to this worktree, and not to a former one at the same path.
pub(crate) fn is_for(record: &WorktreeRecord, worktree: &LinkedWorktree) -> io::Result<bool> {
    let is_same = Path::new(&record.common_dir) == worktree.common
        && Path::new(&record.worktree_dir) == worktree.entry;
    Ok(is_same && record.created == creation_id(worktree)?)
}

/// Identifies a worktree among those of the same name, by a file that git writes once.
fn creation_id(worktree: &LinkedWorktree) -> io::Result<String> {
    let status = fs::symlink_metadata(worktree.entry.join("commondir"))?;
    Ok(format!("{}-{}.{}", status.ino(), status.mtime(), status.mtime_nsec()))
}

fn create(worktree: &LinkedWorktree, directory: &Path, env: &ProcessEnv) -> crate::Result<()> {
    links::refuse_links(worktree)?;
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = tempfile::Builder::new().prefix("new-").tempdir_in(directory)?;
    let git = host_git(worktree, env)?;
    let refs = host_refs(&git)?;
    fill(worktree, temporary.path(), &git, &refs)?;
    chown_tree(temporary.path(), &fs::symlink_metadata(&worktree.common)?)?;
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
    write_record(env, &worktree.workspace, &record)?;
    fs::rename(temporary.path(), env.layout.worktree_repository(&worktree.workspace))?;
    drop(temporary.keep());
    Ok(())
}

/// Fills the directory `repository` with the content of the new repository.
fn fill(
    worktree: &LinkedWorktree,
    repository: &Path,
    git: &ConfinedGit,
    refs: &Refs,
) -> crate::Result<()> {
    let entry = Path::new("worktrees").join(worktree.name());
    for name in ["refs/heads", "refs/tags", "objects/info", "objects/pack", "logs", "hooks", "info"]
    {
        fs::create_dir_all(repository.join(name))?;
    }
    let host = UntrustedTree::open(&worktree.common)?.context("the repository does not exist")?;
    let from = UntrustedTree::open(&worktree.entry)?
        .context("the entry of the worktree does not exist")?;
    copy(&from, from.walk(Path::new(""))?, &repository.join(&entry), |it| {
        it.path.components().count() > 1
            || !REWRITTEN_FILES.contains(&it.name()) && !it.name().ends_with(".lock")
    })?;
    let is_active = |it: &UntrustedEntry| !it.name().ends_with(".sample");
    for directory in ["hooks", "info"] {
        copy(&host, host.walk(Path::new(directory))?, repository, is_active)?;
    }
    copy(&host, host.stat(Path::new("shallow"))?, repository, is_active)?;
    let head = host.text(Path::new("HEAD"), 4096)?.as_deref().and_then(Head::parse);
    let head = head.map_or_else(|| "ref: refs/heads/main\n".to_owned(), |head| head.to_file());
    fs::write(repository.join("HEAD"), head)?;
    let settings = |args: &[&str]| crate::Result::<_>::Ok(container_config(&git.text(args, b"")?));
    let list = ["config", "--list", "--null", "--no-includes"];
    fs::write(repository.join("config"), settings(&[&list[..], &["--local"]].concat())?)?;
    let worktree_config = worktree.entry.join("config.worktree");
    if let (true, Some(path)) = (worktree_config.is_file(), worktree_config.to_str()) {
        let text = settings(&[&list[..], &["--file", path]].concat())?;
        fs::write(repository.join(&entry).join("config.worktree"), text)?;
    }
    let is_shared = |name: &str| !name.starts_with("refs/stash");
    let packed = refs.iter().filter(|(name, _)| is_shared(name.as_str()));
    let packed: String = packed.map(|(name, id)| format!("{id} {name}\n")).collect();
    fs::write(repository.join("packed-refs"), packed)?;
    fs::write(
        repository.join("objects/info/alternates"),
        format!("{CONTAINER_REPOSITORY}/objects\n"),
    )?;
    fs::write(repository.join(&entry).join("commondir"), "../..\n")?;
    // The path of the workspace in every container.
    fs::write(repository.join(&entry).join("gitdir"), format!("{CONTAINER_WORKSPACE}/.git\n"))?;
    Ok(())
}

/// Copies the regular files among `entries`.
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

/// Changes the owner of the tree to the user that the runtime maps to the container's user.
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
