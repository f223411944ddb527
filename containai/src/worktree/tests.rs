use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A repository at `main/.git` with a linked worktree at `tree`.
fn create_linked_worktree() -> io::Result<(TempDir, PathBuf)> {
    let dir = TempDir::new()?;
    let root = fs::canonicalize(dir.path())?;
    let entry = root.join("main/.git/worktrees/tree");
    fs::create_dir_all(&entry)?;
    for name in ["objects", "refs"] {
        fs::create_dir(root.join("main/.git").join(name))?;
    }
    fs::write(root.join("main/.git/HEAD"), "ref: refs/heads/main\n")?;
    fs::write(entry.join("commondir"), "../..\n")?;
    fs::create_dir(root.join("tree"))?;
    fs::write(entry.join("gitdir"), format!("{}\n", root.join("tree/.git").display()))?;
    fs::write(root.join("tree/.git"), format!("gitdir: {}\n", entry.display()))?;
    Ok((dir, root))
}

fn find_repository(
    root: &Path,
    workspace: &str,
) -> Result<Option<LinkedRepository>, WorktreeError> {
    let env = ProcessEnv::new(root.join("home"));
    linked_repository(&WorkspacePath::new(root.join(workspace))?, &env)
}

#[test]
fn repository_listing_the_worktree_is_found() -> anyhow::Result<()> {
    let (_dir, root) = create_linked_worktree()?;
    let repository = find_repository(&root, "tree")?.expect("a linked worktree");
    assert_eq!(repository.common_dir.as_path(), root.join("main/.git"));
    assert!(repository.own.as_path().starts_with(root.join("home/.config/containai/worktrees")));
    let stores: Vec<_> = repository
        .object_stores
        .iter()
        .map(|it| (it.source.as_path(), it.target.as_str()))
        .collect();
    let objects = root.join("main/.git/objects");
    assert_eq!(stores, [(objects.as_path(), "/mnt/host-repository/objects")]);
    assert_eq!(find_repository(&root, "main")?, None);
    Ok(())
}

#[test]
fn only_alternate_object_stores_are_mounted() -> anyhow::Result<()> {
    let (_dir, root) = create_linked_worktree()?;
    let other = root.join("other/.git");
    for name in ["objects/info", "refs"] {
        fs::create_dir_all(other.join(name))?;
    }
    fs::write(other.join("HEAD"), "ref: refs/heads/main\n")?;
    fs::create_dir_all(root.join("secret/objects"))?;
    symlink(other.join("objects"), root.join("main/objects"))?;
    fs::create_dir_all(root.join("main/.git/objects/info"))?;
    let alternates = format!(
        "# a comment\n{0}/other/.git/objects\n{0}/secret/objects\n../../objects\n/etc\n../../../other/.git/objects\n",
        root.display()
    );
    fs::write(root.join("main/.git/objects/info/alternates"), alternates)?;
    fs::write(other.join("objects/info/alternates"), "../../../main/.git/objects\n")?;
    let found = find_repository(&root, "tree")?.expect("a linked worktree");
    let stores: Vec<_> = found
        .object_stores
        .iter()
        .map(|it| {
            let source = it.source.as_path().strip_prefix(&root).unwrap_or(it.source.as_path());
            (source.display().to_string(), it.target.to_string())
        })
        .collect();
    let borrowed = "other/.git/objects".to_owned();
    assert_eq!(stores[1], (borrowed.clone(), root.join(&borrowed).display().to_string()));
    assert!(stores.iter().all(|(source, _)| source == "main/.git/objects" || *source == borrowed));
    Ok(())
}

#[test]
fn workspace_without_repository_gets_no_mounts() -> anyhow::Result<()> {
    let (_dir, root) = create_linked_worktree()?;
    let entry = root.join("main/.git/worktrees/tree");
    let point = |path: &Path, text: &str| {
        fs::create_dir_all(path)?;
        fs::write(path.join(".git"), text)
    };

    // A repository that lists another worktree, but not this one.
    point(&root.join("other"), &format!("gitdir: {}\n", entry.display()))?;
    assert!(matches!(find_repository(&root, "other"), Err(WorktreeError::NotListed(_))));

    // A directory that is not a repository.
    fs::create_dir_all(root.join("secret/worktrees/x"))?;
    point(
        &root.join("other"),
        &format!("gitdir: {}\n", root.join("secret/worktrees/x").display()),
    )?;
    assert!(find_repository(&root, "other").is_err());

    // A path with a symbolic link.
    symlink(root.join("main"), root.join("link"))?;
    let entry = root.join("link/.git/worktrees/tree");
    point(&root.join("tree"), &format!("gitdir: {}\n", entry.display()))?;
    assert!(matches!(find_repository(&root, "tree"), Err(WorktreeError::Link(_))));

    // A submodule.
    point(&root.join("tree"), "gitdir: ../main/.git/modules/tree\n")?;
    assert!(matches!(find_repository(&root, "tree"), Err(WorktreeError::Relative(_))));
    Ok(())
}

#[test]
fn repository_inside_the_workspace_is_not_mounted_twice() -> anyhow::Result<()> {
    let (_dir, root) = create_linked_worktree()?;
    let entry = root.join("tree/bare/worktrees/tree");
    fs::create_dir_all(&entry)?;
    for name in ["objects", "refs"] {
        fs::create_dir(root.join("tree/bare").join(name))?;
    }
    fs::write(root.join("tree/bare/HEAD"), "")?;
    fs::write(entry.join("commondir"), "../..\n")?;
    fs::write(entry.join("gitdir"), format!("{}\n", root.join("tree/.git").display()))?;
    fs::write(root.join("tree/.git"), format!("gitdir: {}\n", entry.display()))?;
    assert!(matches!(find_repository(&root, "tree"), Err(WorktreeError::OtherOwner(_))));
    Ok(())
}

#[test]
fn error_messages() {
    let path = || PathBuf::from("/src/api/.git/worktrees/fix");
    let relative = WorkspacePath::new("src").expect_err("a relative path");
    let samples = containai_core::samples!(WorktreeError {
        Relative: [WorktreeError::Relative("../.git/modules/sub".into())],
        NoEntry: [WorktreeError::NoEntry(path())],
        Link: [WorktreeError::Link(path())],
        NotListed: [WorktreeError::NotListed(path())],
        OtherOwner: [WorktreeError::OtherOwner(path())],
        Path: [WorktreeError::Path(relative)],
        Io: [WorktreeError::Io(io::ErrorKind::PermissionDenied.into())],
    });
    insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
}
