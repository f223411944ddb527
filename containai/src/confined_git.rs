//! git in a repository of the user, with data from a container.
//!
//! All directories are named explicitly instead of being discovered by git. git runs as the owner
//! of the repository and runs no program that a configuration names. The kernel limits its writes
//! to the given directories (landlock(7)), even through symbolic links.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::error::ResultExt as _;
use landlock::{ABI, AccessFs, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _};
use rustix::fs::OFlags;

use crate::openat2::open_without_links;

/// Settings of every command: no hooks, no programs, no background work, and checked objects.
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

/// A confined git for one worktree.
#[derive(Clone, Debug)]
pub(crate) struct ConfinedGit {
    /// The directory with `HEAD` and the index.
    directory: PathBuf,
    /// The directory that all worktrees share.
    common: PathBuf,
    work_tree: Option<PathBuf>,
    /// The directories that git can write.
    writable: Vec<PathBuf>,
    owner: (u32, u32),
    /// The `PATH` of git.
    search_path: OsString,
}

impl ConfinedGit {
    /// Returns a confined git for the worktree at `work_tree` with the entry `directory`. git and its
    /// programs are found in the absolute directories of `search_path`, as the user's shell finds
    /// them.
    pub(crate) fn new(
        directory: &Path,
        common: &Path,
        work_tree: Option<&Path>,
        owner: &Metadata,
        search_path: &[PathBuf],
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            common: common.to_owned(),
            work_tree: work_tree.map(Path::to_owned),
            writable: vec![common.to_owned(), directory.to_owned()],
            owner: (owner.uid(), owner.gid()),
            search_path: absolute(search_path),
        }
    }

    /// Runs git and returns its output. An error contains git's stderr, parts of which the container
    /// may control.
    pub(crate) fn run(&self, args: &[&str], input: &[u8]) -> crate::Result<Vec<u8>> {
        let output = self.output(args, input_file(input)?.into(), Stdio::piped())?;
        git_output(args, output)
    }

    /// Runs git and returns whether it succeeds.
    pub(crate) fn run_succeeds(&self, args: &[&str]) -> crate::Result<bool> {
        Ok(self.output(args, Stdio::null(), Stdio::null())?.status.success())
    }

    /// As [`Self::run`], but returns text.
    pub(crate) fn text(&self, args: &[&str], input: &[u8]) -> crate::Result<String> {
        Ok(String::from_utf8_lossy(&self.run(args, input)?).into_owned())
    }

    /// Runs git with its output written to a file.
    pub(crate) fn run_into(&self, args: &[&str], input: &[u8], to: File) -> crate::Result<()> {
        git_output(args, self.output(args, input_file(input)?.into(), to.into())?).map(drop)
    }

    /// Runs git with a file as its input.
    pub(crate) fn run_on(&self, args: &[&str], mut input: File) -> crate::Result<()> {
        input.rewind()?;
        git_output(args, self.output(args, input.into(), Stdio::piped())?).map(drop)
    }

    fn output(&self, args: &[&str], input: Stdio, output: Stdio) -> crate::Result<Output> {
        let mut command = self.command();
        command.args(args).stdin(input).stdout(output).stderr(Stdio::piped());
        confined(&self.writable, || command.output().context("cannot run `git`"))
    }

    fn command(&self) -> Command {
        let mut git = Command::new("git");
        git.env_clear()
            .env("PATH", &self.search_path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            // The identity in reflogs, which the container must not choose.
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

/// Returns the absolute directories as the value of `PATH`: git runs in `/`, and a relative one would
/// be another directory there.
fn absolute(search_path: &[PathBuf]) -> OsString {
    let directories = search_path.iter().filter(|directory| directory.is_absolute());
    std::env::join_paths(directories).unwrap_or_default()
}

/// Runs `work`, and the processes that it starts, without write access outside these directories.
pub(crate) fn confined<T: Send>(
    writable: &[PathBuf],
    work: impl FnOnce() -> crate::Result<T> + Send,
) -> crate::Result<T> {
    let work = || {
        confine(writable)?;
        work()
    };
    // The restriction applies to a thread and is permanent.
    thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(crate::error::failed!("a confined thread panicked")))
}

/// Removes write access outside these directories from this thread and its children. Has no effect
/// on kernels without Landlock.
fn confine(writable: &[PathBuf]) -> crate::Result<()> {
    let writes = AccessFs::from_write(ABI::V3);
    let mut rules = Ruleset::default().handle_access(writes)?.create()?;
    for path in writable.iter().map(PathBuf::as_path).chain([Path::new("/dev/null")]) {
        let allowed = if path.is_dir() { writes } else { writes & AccessFs::from_file(ABI::V3) };
        let directory =
            open_without_links(path, OFlags::PATH | OFlags::CLOEXEC).map_err(io::Error::from)?;
        rules = rules.add_rule(PathBeneath::new(directory, allowed))?;
    }
    rules.restrict_self()?;
    Ok(())
}

fn input_file(input: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file)
}

fn git_output(args: &[&str], output: Output) -> crate::Result<Vec<u8>> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let subcommand = args.first().copied().unwrap_or_default();
    crate::error::ensure!(
        output.status.success(),
        "`git {subcommand}`: {}",
        stderr.trim().escape_debug()
    );
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn repository(root: &Path) -> anyhow::Result<(ConfinedGit, PathBuf)> {
        let top = fs::canonicalize(root)?.join("api");
        fs::create_dir(&top)?;
        let script = "git init -q -b main; git config user.name A; git config user.email a@b
            git commit -q --allow-empty -m one; git branch side";
        let status = Command::new("sh").args(["-ec", script]).current_dir(&top).status()?;
        anyhow::ensure!(status.success(), "git failed");
        let common = top.join(".git");
        let owner = fs::metadata(&common)?;
        let path = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
        Ok((ConfinedGit::new(&common, &common, Some(&top), &owner, &path), common))
    }

    #[test]
    fn git_is_found_in_the_search_path() -> anyhow::Result<()> {
        let root = tempfile::tempdir()?;
        let (git, common) = repository(root.path())?;
        let bin = root.path().join("bin");
        fs::create_dir(&bin)?;
        fs::write(bin.join("git"), "#!/bin/sh\necho own\n")?;
        fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755))?;
        let owner = fs::metadata(&common)?;
        let with = |path: &[PathBuf]| ConfinedGit::new(&common, &common, None, &owner, path);
        assert_eq!(with(&[bin.clone(), "/bin".into()]).text(&["version"], b"")?, "own\n");
        let relative = Path::new("..").join(bin.strip_prefix("/")?);
        assert_eq!(with(&[relative]).search_path, "");
        assert!(git.text(&["version"], b"")?.starts_with("git version"));
        Ok(())
    }

    #[test]
    fn links_do_not_lead_out_of_the_repository() -> anyhow::Result<()> {
        let root = tempfile::tempdir()?;
        let (git, common) = repository(root.path())?;
        let outside = root.path().join("profile");
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
        fs::create_dir(root.path().join("outside-dir"))?;
        symlink(root.path().join("outside-dir"), common.join("refs/heads/linked"))?;
        let _ = git.run(&["update-ref", "refs/heads/linked/out", tip.trim()], b"");
        assert_eq!(fs::read_to_string(&outside)?, "mine\n");
        assert_eq!(fs::read_dir(root.path().join("outside-dir"))?.count(), 0);
        Ok(())
    }

    #[test]
    fn programs_of_the_repository_do_not_run() -> anyhow::Result<()> {
        let root = tempfile::tempdir()?;
        let (git, common) = repository(root.path())?;
        let script = "for hook in reference-transaction post-index-change post-checkout; do
                printf '#!/bin/sh\\ntouch ../../hooked\\n' > hooks/$hook; chmod +x hooks/$hook
            done
            git config core.fsmonitor 'touch ../../monitored'";
        fs::create_dir_all(common.join("hooks"))?;
        let status = Command::new("sh").args(["-ec", script]).current_dir(&common).status()?;
        anyhow::ensure!(status.success(), "git failed");
        let tip = git.text(&["rev-parse", "main"], b"")?;
        git.run(&["update-ref", "refs/heads/new", tip.trim()], b"")?;
        git.run(&["read-tree", "-i", "-m", "HEAD"], b"")?;
        assert_eq!(fs::read_dir(root.path())?.count(), 1);
        Ok(())
    }
}
