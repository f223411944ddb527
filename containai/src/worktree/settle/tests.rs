//! Both sides on one machine: git in the container's own repository is played by
//! git that is told where that is.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::super::own::{provide, read_record, write_record};
use super::*;

struct Pair {
    _place: TempDir,
    root: PathBuf,
    workspace: WorkspacePath,
    layout: Layout,
    reporter: Reporter,
}

impl Pair {
    fn new(setup: &str) -> anyhow::Result<Self> {
        let place = TempDir::new()?;
        let root = fs::canonicalize(place.path())?;
        fs::create_dir(root.join("api"))?;
        let pair = Self {
            workspace: WorkspacePath::new(root.join("tree"))?,
            layout: Layout::new(&root.join("home"), None, None),
            reporter: Reporter::default(),
            _place: place,
            root,
        };
        pair.host(&format!("cd api; git init -q -b main; {setup}"))?;
        provide(&pair.workspace, &pair.layout, &pair.reporter)?;
        Ok(pair)
    }

    fn host(&self, script: &str) -> anyhow::Result<String> {
        self.sh(script, &[])
    }

    /// A script in the worktree, with git as the container has it.
    fn inside(&self, script: &str) -> anyhow::Result<String> {
        let own = self.layout.worktree_repository(&self.workspace);
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
        let complaint = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{script}: {complaint}");
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    async fn settle(&self) -> anyhow::Result<Option<Settled>> {
        Ok(bring_over(&self.workspace, &self.layout, &self.reporter).await?)
    }
}

const LINKED: &str = "echo text > file; git add file; git commit -q -m one; \
                      git worktree add -q -b side ../tree";

#[tokio::test]
async fn commits_arrive_once_and_the_index_with_them() -> anyhow::Result<()> {
    let pair = Pair::new(LINKED)?;
    assert!(pair.settle().await?.is_some_and(|settled| settled.is_over() && settled.brought == 0));
    assert!(pair.settle().await?.is_none(), "nothing has changed");
    pair.inside("echo more >> file; git commit -qam two; git tag v1; git branch next")?;
    let settled = pair.settle().await?.expect("something changed");
    assert_eq!((settled.brought, settled.is_over()), (3, true));
    assert_eq!(pair.host("git -C tree status --short -b; git -C api tag")?, "## side\nv1");
    assert!(pair.settle().await?.is_none());
    pair.host("git -C api fsck --strict")?;
    // A branch deleted there whose commits nothing else has.
    pair.inside("git checkout -q --detach; git commit -q --allow-empty -m lost; git branch lost; git checkout -q side")?;
    pair.settle().await?;
    pair.inside("git branch -q -D lost")?;
    pair.settle().await?;
    let kept = "git -C api log -1 --format=%s refs/containai/tree/deleted/heads/lost; git -C api branch --list lost";
    assert_eq!(pair.host(kept)?, "lost");
    Ok(())
}

#[tokio::test]
async fn what_is_interrupted_is_finished() -> anyhow::Result<()> {
    let pair = Pair::new(LINKED)?;
    pair.settle().await?;
    // References have moved, and the index not yet.
    pair.inside("echo more >> file; git commit -qam two")?;
    let before = read_record(&pair.layout, &pair.workspace)?.expect("a record");
    let from = pair.host("git -C tree rev-parse side")?;
    pair.settle().await?;
    pair.host(&format!(
        "cd tree; git read-tree {from}; test \"$(git status --short)\" = 'MM file'"
    ))?;
    let adjusting = ObjectId::parse(&from);
    write_record(&pair.layout, &pair.workspace, &WorktreeRecord { adjusting, ..before })?;
    pair.settle().await?;
    assert_eq!(pair.host("git -C tree status --short")?, "");
    // Somebody works on the index: it is tried again.
    pair.inside("echo more >> file; git commit -qam three")?;
    pair.host("touch api/.git/worktrees/tree/index.lock")?;
    assert!(pair.settle().await.is_err());
    pair.host("rm api/.git/worktrees/tree/index.lock")?;
    pair.settle().await?;
    assert_eq!(pair.host("git -C tree status --short; git -C tree log -1 --format=%s")?, "three");
    Ok(())
}

#[tokio::test]
async fn what_the_host_did_is_left_to_be_followed() -> anyhow::Result<()> {
    let pair = Pair::new(LINKED)?;
    pair.settle().await?;
    pair.host("cd tree; git checkout -q -b moved; git commit -q --allow-empty -m two; git -C ../api tag v1")?;
    let settled = pair.settle().await?.expect("something changed");
    assert_eq!(settled.brought, 0);
    let names: Vec<_> = settled.refs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["refs/heads/moved", "refs/tags/v1"]);
    assert_eq!(settled.head.map(|it| it.file()).as_deref(), Some("ref: refs/heads/moved\n"));
    assert!(pair.settle().await?.is_some(), "asked again until the container has followed");
    Ok(())
}

#[tokio::test]
async fn a_link_or_another_worktree_of_the_name_keeps_everything_where_it_is() -> anyhow::Result<()>
{
    let pair = Pair::new(LINKED)?;
    pair.settle().await?;
    fs::write(pair.root.join("profile"), "mine\n")?;
    pair.host("mkdir -p api/.git/logs/refs/heads; ln -sfn ../../../../../profile api/.git/logs/refs/heads/side")?;
    pair.inside("git commit -q --allow-empty -m two")?;
    let error = pair.settle().await.expect_err("a link").to_string();
    assert!(error.contains("logs/refs/heads/side` is a symbolic link"), "{error}");
    assert_eq!(fs::read_to_string(pair.root.join("profile"))?, "mine\n");
    pair.host("rm api/.git/logs/refs/heads/side; git -C api worktree remove --force ../tree")?;
    pair.host(
        "git -C api branch -q -D side; sleep 0.01; git -C api worktree add -q -b side ../tree",
    )?;
    assert!(pair.settle().await?.is_none());
    provide(&pair.workspace, &pair.layout, &pair.reporter)?;
    assert_eq!(pair.inside("git log -1 --format=%s")?, "one");
    let kept = fs::read_dir(pair.layout.config_dir().join("worktrees"))?.count();
    assert_eq!(kept, 2, "what the container had before is kept");
    Ok(())
}

#[tokio::test]
async fn the_first_commit_arrives() -> anyhow::Result<()> {
    let pair = Pair::new(
        "git commit -q --allow-empty -m one; git worktree add -q -b side ../tree; \
         git -C ../tree symbolic-ref HEAD refs/heads/born",
    )?;
    pair.settle().await?;
    pair.inside("echo text > file; git add file; git commit -q -m first")?;
    pair.settle().await?;
    assert_eq!(
        pair.host("git -C tree status --short -b; git -C tree log --oneline | wc -l")?,
        "## born\n1"
    );
    Ok(())
}
