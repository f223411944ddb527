//! git in a repository of the user, with what came from a container.
//!
//! What git reads and where it writes is named here and not found by git. It
//! runs as the owner of the repository, runs no program that a configuration
//! names, and the kernel keeps it from writing anywhere but in the directories
//! that it was given (landlock(7)), wherever a symbolic link leads.

use std::fs::{File, Metadata};
use std::io::{self, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::error::ResultExt as _;
use landlock::{ABI, AccessFs, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

/// Settings of every call: no hook, no program, no work in the background, and
/// objects that are checked.
const SETTINGS: [&str; 9] = [
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.alternateRefsCommand=",
    "gc.auto=0",
    "maintenance.auto=false",
    "transfer.fsckObjects=true",
    "core.logAllRefUpdates=true",
];

/// Where git and its parts are looked for.
const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin:/home/linuxbrew/.linuxbrew/bin";

/// git for one worktree.
#[derive(Clone, Debug)]
pub(crate) struct ConfinedGit {
    /// Where `HEAD` and the index are.
    directory: PathBuf,
    /// What all worktrees share.
    common: PathBuf,
    work_tree: Option<PathBuf>,
    /// Where it may write.
    writable: Vec<PathBuf>,
    owner: (u32, u32),
}

impl ConfinedGit {
    /// git for the worktree at `work_tree`, whose entry is `directory`.
    pub(crate) fn new(
        directory: &Path,
        common: &Path,
        work_tree: Option<&Path>,
        owner: &Metadata,
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            common: common.to_owned(),
            work_tree: work_tree.map(Path::to_owned),
            writable: vec![common.to_owned(), directory.to_owned()],
            owner: (owner.uid(), owner.gid()),
        }
    }

    /// What it prints. An error is what it complains about, which may contain
    /// the container's words.
    pub(crate) fn run(&self, words: &[&str], input: &[u8]) -> crate::Result<Vec<u8>> {
        let output = self.output(words, input_file(input)?.into(), Stdio::piped())?;
        git_output(words, output)
    }

    /// Whether it succeeds.
    pub(crate) fn run_succeeds(&self, words: &[&str]) -> crate::Result<bool> {
        Ok(self.output(words, Stdio::null(), Stdio::null())?.status.success())
    }

    /// As [`Self::run`], as text.
    pub(crate) fn text(&self, words: &[&str], input: &[u8]) -> crate::Result<String> {
        Ok(String::from_utf8_lossy(&self.run(words, input)?).into_owned())
    }

    /// Writes what it prints to a file.
    pub(crate) fn run_into(&self, words: &[&str], input: &[u8], to: File) -> crate::Result<()> {
        git_output(words, self.output(words, input_file(input)?.into(), to.into())?).map(drop)
    }

    /// Feeds a file to it.
    pub(crate) fn run_on(&self, words: &[&str], mut input: File) -> crate::Result<()> {
        input.rewind()?;
        git_output(words, self.output(words, input.into(), Stdio::piped())?).map(drop)
    }

    fn output(&self, words: &[&str], input: Stdio, output: Stdio) -> crate::Result<Output> {
        let mut command = self.command();
        command.args(words).stdin(input).stdout(output).stderr(Stdio::piped());
        confined(&self.writable, || command.output().context("cannot run `git`"))
    }

    fn command(&self) -> Command {
        let mut git = Command::new("git");
        git.env_clear()
            .env("PATH", PROGRAMS)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            // Reflogs name them; nothing in one is the container's choice.
            .env("GIT_COMMITTER_NAME", "ContainAI")
            .env("GIT_COMMITTER_EMAIL", "containai@localhost")
            .env("GIT_DIR", &self.directory)
            .env("GIT_COMMON_DIR", &self.common)
            .current_dir("/");
        git.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        match &self.work_tree {
            Some(path) => git.env("GIT_WORK_TREE", path),
            None => git.args(["-c", "core.bare=true"]),
        };
        if nix::unistd::geteuid().is_root() && self.owner.0 != 0 {
            git.uid(self.owner.0).gid(self.owner.1);
        }
        git
    }
}

/// Does some work that cannot change anything outside of these directories; nor
/// can the processes that it starts.
pub(crate) fn confined<T: Send>(
    writable: &[PathBuf],
    work: impl FnOnce() -> crate::Result<T> + Send,
) -> crate::Result<T> {
    let work = || {
        confine(writable)?;
        work()
    };
    // It holds for a thread, and cannot be taken back.
    thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(crate::error::failed!("a thread ended before its work")))
}

/// Keeps this thread, and what it starts, from changing anything outside of
/// these directories. A kernel without it does not.
fn confine(writable: &[PathBuf]) -> crate::Result<()> {
    let writes = AccessFs::from_write(ABI::V3);
    let mut rules = Ruleset::default().handle_access(writes)?.create()?;
    for path in writable.iter().map(PathBuf::as_path).chain([Path::new("/dev/null")]) {
        let allowed = if path.is_dir() { writes } else { writes & AccessFs::from_file(ABI::V3) };
        rules = rules.add_rule(PathBeneath::new(open(path)?, allowed))?;
    }
    rules.restrict_self()?;
    Ok(())
}

/// Opens what is meant, and not what a link in its place leads to.
fn open(path: &Path) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(openat2(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)?)
}

fn input_file(input: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file)
}

fn git_output(words: &[&str], output: Output) -> crate::Result<Vec<u8>> {
    let complaint = String::from_utf8_lossy(&output.stderr);
    let verb = words.first().copied().unwrap_or_default();
    crate::error::ensure!(
        output.status.success(),
        "`git {verb}`: {}",
        complaint.trim().escape_debug()
    );
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn repository(place: &Path) -> anyhow::Result<(ConfinedGit, PathBuf)> {
        let top = fs::canonicalize(place)?.join("api");
        fs::create_dir(&top)?;
        let script = "git init -q -b main; git config user.name A; git config user.email a@b
            git commit -q --allow-empty -m one; git branch side";
        let made = Command::new("sh").args(["-ec", script]).current_dir(&top).status()?;
        anyhow::ensure!(made.success(), "git failed");
        let common = top.join(".git");
        let owner = fs::metadata(&common)?;
        Ok((ConfinedGit::new(&common, &common, Some(&top), &owner), common))
    }

    #[test]
    fn links_do_not_lead_out_of_the_repository() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let (git, common) = repository(place.path())?;
        let outside = place.path().join("profile");
        fs::write(&outside, "mine\n")?;
        let tip = git.text(&["rev-parse", "main"], b"")?;
        fs::create_dir_all(common.join("logs/refs/heads"))?;
        for log in ["logs/HEAD", "logs/refs/heads/side", "logs/refs/heads/main"] {
            let _ = fs::remove_file(common.join(log));
            symlink(&outside, common.join(log))?;
        }
        let _ = git.run(&["commit-tree", "-m", "x", &format!("{}^{{tree}}", tip.trim())], b"");
        let update = format!("delete refs/heads/side\nupdate refs/heads/new {}\n", tip.trim());
        let _ = git.run(&["update-ref", "--stdin"], update.as_bytes());
        let _ = git.run(&["symbolic-ref", "-m", "x", "HEAD", "refs/heads/new"], b"");
        fs::create_dir(place.path().join("elsewhere"))?;
        symlink(place.path().join("elsewhere"), common.join("refs/heads/led"))?;
        let _ = git.run(&["update-ref", "refs/heads/led/out", tip.trim()], b"");
        assert_eq!(fs::read_to_string(&outside)?, "mine\n");
        assert_eq!(fs::read_dir(place.path().join("elsewhere"))?.count(), 0);
        Ok(())
    }

    #[test]
    fn programs_of_the_repository_do_not_run() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let (git, common) = repository(place.path())?;
        let script = "for hook in reference-transaction post-index-change post-checkout; do
                printf '#!/bin/sh\\ntouch ../../hooked\\n' > hooks/$hook; chmod +x hooks/$hook
            done
            git config core.fsmonitor 'touch ../../monitored'";
        fs::create_dir_all(common.join("hooks"))?;
        let made = Command::new("sh").args(["-ec", script]).current_dir(&common).status()?;
        anyhow::ensure!(made.success(), "git failed");
        let tip = git.text(&["rev-parse", "main"], b"")?;
        git.run(&["update-ref", "refs/heads/new", tip.trim()], b"")?;
        git.run(&["read-tree", "-i", "-m", "HEAD"], b"")?;
        assert_eq!(fs::read_dir(place.path())?.count(), 1);
        Ok(())
    }
}
