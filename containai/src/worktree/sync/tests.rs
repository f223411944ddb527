//! Tests with both sides on one machine: the container's git runs here, with its repository in
//! `GIT_DIR`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::super::container_repository::{ensure_container_repository, read_record, write_record};
use super::*;

struct TestRepositories {
    _directory: TempDir,
    root: PathBuf,
    workspace: WorkspacePath,
    env: ProcessEnv,
    reporter: Reporter,
}

impl TestRepositories {
    fn new(setup: &str) -> anyhow::Result<Self> {
        let directory = TempDir::new()?;
        let root = fs::canonicalize(directory.path())?;
        fs::create_dir(root.join("api"))?;
        let pair = Self {
            workspace: WorkspacePath::new(root.join("tree"))?,
            env: ProcessEnv::new(root.join("home")),
            reporter: Reporter::default(),
            _directory: directory,
            root,
        };
        pair.host(&format!("cd api; git init -q -b main; {setup}"))?;
        ensure_container_repository(&pair.workspace, &pair.env, &pair.reporter)?;
        Ok(pair)
    }

    fn host(&self, script: &str) -> anyhow::Result<String> {
        self.sh(script, &[])
    }

    /// Runs a script in the worktree with the container's repository.
    fn in_container(&self, script: &str) -> anyhow::Result<String> {
        let own = self.env.layout.worktree_repository(&self.workspace);
        let variables = [
            ("GIT_DIR", own.join("worktrees/tree")),
            ("GIT_WORK_TREE", self.root.join("tree")),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.root.join("api/.git/objects")),
        ];
        self.sh(&format!("cd tree; {script}"), &variables)
    }

    fn sh(&self, script: &str, variables: &[(&str, PathBuf)]) -> anyhow::Result<String> {
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir(&self.root);
        shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@b");
        }
        shell.envs(variables.iter().cloned());
        let output = shell.output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{script}: {stderr}");
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    async fn sync(&self) -> anyhow::Result<Option<WorktreeSync>> {
        Ok(sync_worktree(&self.workspace, &self.env, &self.reporter).await?)
    }
}

const LINKED_SETUP: &str = "echo text > file; git add file; git commit -q -m one; \
                      git worktree add -q -b side ../tree";

#[tokio::test]
async fn commits_and_index_are_synced_once() -> anyhow::Result<()> {
    let pair = TestRepositories::new(LINKED_SETUP)?;
    assert!(pair.sync().await?.is_some_and(|sync| sync.is_up_to_date() && sync.fetched == 0));
    assert!(pair.sync().await?.is_none(), "nothing has changed");
    pair.in_container("echo more >> file; git commit -qam two; git tag v1; git branch next")?;
    let sync = pair.sync().await?.expect("something changed");
    assert_eq!((sync.fetched, sync.is_up_to_date()), (3, true));
    assert_eq!(pair.host("git -C tree status --short -b; git -C api tag")?, "## side\nv1");
    assert!(pair.sync().await?.is_none());
    pair.host("git -C api fsck --strict")?;
    // A branch deleted in the container whose commits no other reference contains.
    pair.in_container("git checkout -q --detach; git commit -q --allow-empty -m lost; git branch lost; git checkout -q side")?;
    pair.sync().await?;
    pair.in_container("git branch -q -D lost")?;
    pair.sync().await?;
    let kept = "git -C api log -1 --format=%s refs/containai/tree/deleted/heads/lost; git -C api branch --list lost";
    assert_eq!(pair.host(kept)?, "lost");
    Ok(())
}

#[tokio::test]
async fn interrupted_sync_is_finished() -> anyhow::Result<()> {
    let pair = TestRepositories::new(LINKED_SETUP)?;
    pair.sync().await?;
    // The references have moved, but not yet the index.
    pair.in_container("echo more >> file; git commit -qam two")?;
    let before = read_record(&pair.env, &pair.workspace)?.expect("a record");
    let from = pair.host("git -C tree rev-parse side")?;
    pair.sync().await?;
    pair.host(&format!(
        "cd tree; git read-tree {from}; test \"$(git status --short)\" = 'MM file'"
    ))?;
    let index_base = ObjectId::parse(&from);
    write_record(&pair.env, &pair.workspace, &WorktreeRecord { index_base, ..before })?;
    pair.sync().await?;
    assert_eq!(pair.host("git -C tree status --short")?, "");
    // The index is locked: the sync is retried.
    pair.in_container("echo more >> file; git commit -qam three")?;
    pair.host("touch api/.git/worktrees/tree/index.lock")?;
    assert!(pair.sync().await.is_err());
    pair.host("rm api/.git/worktrees/tree/index.lock")?;
    pair.sync().await?;
    assert_eq!(pair.host("git -C tree status --short; git -C tree log -1 --format=%s")?, "three");
    Ok(())
}

#[tokio::test]
async fn host_changes_are_left_for_the_container() -> anyhow::Result<()> {
    let pair = TestRepositories::new(LINKED_SETUP)?;
    pair.sync().await?;
    pair.host("cd tree; git checkout -q -b moved; git commit -q --allow-empty -m two; git -C ../api tag v1")?;
    let sync = pair.sync().await?.expect("something changed");
    assert_eq!(sync.fetched, 0);
    let names: Vec<_> = sync.refs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["refs/heads/moved", "refs/tags/v1"]);
    assert_eq!(sync.head.map(|it| it.to_file()).as_deref(), Some("ref: refs/heads/moved\n"));
    assert!(
        pair.sync().await?.is_some(),
        "compared again until the container has applied the changes"
    );
    Ok(())
}

#[tokio::test]
async fn links_and_reused_names_prevent_a_sync() -> anyhow::Result<()> {
    let pair = TestRepositories::new(LINKED_SETUP)?;
    pair.sync().await?;
    fs::write(pair.root.join("profile"), "mine\n")?;
    pair.host("mkdir -p api/.git/logs/refs/heads; ln -sfn ../../../../../profile api/.git/logs/refs/heads/side")?;
    pair.in_container("git commit -q --allow-empty -m two")?;
    let error = pair.sync().await.expect_err("a link").to_string();
    assert!(error.contains("logs/refs/heads/side` is a symbolic link"), "{error}");
    assert_eq!(fs::read_to_string(pair.root.join("profile"))?, "mine\n");
    pair.host("rm api/.git/logs/refs/heads/side; git -C api worktree remove --force ../tree")?;
    pair.host(
        "git -C api branch -q -D side; sleep 0.01; git -C api worktree add -q -b side ../tree",
    )?;
    assert!(pair.sync().await?.is_none());
    ensure_container_repository(&pair.workspace, &pair.env, &pair.reporter)?;
    assert_eq!(pair.in_container("git log -1 --format=%s")?, "one");
    let kept = fs::read_dir(pair.env.layout.config_dir().join("worktrees"))?.count();
    assert_eq!(kept, 2, "the container's former repository is kept");
    Ok(())
}

#[tokio::test]
async fn first_commit_is_synced() -> anyhow::Result<()> {
    let pair = TestRepositories::new(
        "git commit -q --allow-empty -m one; git worktree add -q -b side ../tree; \
         git -C ../tree symbolic-ref HEAD refs/heads/born",
    )?;
    pair.sync().await?;
    pair.in_container("echo text > file; git add file; git commit -q -m first")?;
    pair.sync().await?;
    assert_eq!(
        pair.host("git -C tree status --short -b; git -C tree log --oneline | wc -l")?,
        "## born\n1"
    );
    Ok(())
}
