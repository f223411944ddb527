//! The registry of running forwards.
//!
//! Each registered process writes an entry and holds a lock on it while it runs. An entry whose
//! lock is free belongs to a process that has ended.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::remote::{Direction, Forward};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// The forwards of one process.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RegisteredForward {
    /// The process ID.
    pub pid: i32,
    /// The container's name.
    pub container: String,
    /// The engine's address.
    pub(crate) engine: String,
    /// The option and the argument of each forward, as on the command line.
    pub forwards: Vec<(String, String)>,
}

/// The registry entry of this process; dropping it removes the entry.
#[derive(Debug)]
pub struct ForwardEntry {
    path: PathBuf,
    _lock: File,
}

impl RegisteredForward {
    /// Describes forwards of this process.
    pub fn current_process(container: &str, engine: &str, forwards: &[Forward]) -> Self {
        let describe = |it: &Forward| (it.direction().option().to_owned(), it.to_string());
        Self {
            pid: std::process::id().cast_signed(),
            container: container.to_owned(),
            engine: engine.to_owned(),
            forwards: forwards.iter().map(describe).collect(),
        }
    }

    /// Writes the entry to the registry in `directory`.
    ///
    /// # Errors
    ///
    /// The file cannot be written or locked.
    pub fn register(&self, directory: &Path) -> crate::Result<ForwardEntry> {
        let path = directory.join(format!("{}.json", self.pid));
        let write = || -> crate::Result<File> {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            let mut file =
                File::options().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
            file.lock()?;
            file.write_all(&serde_json::to_vec(self)?)?;
            Ok(file)
        };
        let file = write().with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(ForwardEntry { path, _lock: file })
    }

    /// Returns the forwards of all running processes, and removes entries of processes that ended.
    ///
    /// # Errors
    ///
    /// The directory cannot be read; a missing one has no entries.
    pub fn list(directory: &Path) -> crate::Result<Vec<Self>> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read `{}`", directory.display()));
            }
        };
        let mut found: Vec<Self> = entries.flatten().filter_map(|it| read(&it.path())).collect();
        found.sort_by(|a, b| (&a.container, &a.forwards).cmp(&(&b.container, &b.forwards)));
        Ok(found)
    }

    /// Stops all forwards to a container that was removed.
    ///
    /// # Errors
    ///
    /// A process cannot be signalled.
    pub fn stop_all(directory: &Path, engine: &str, container: &str) -> crate::Result<()> {
        let mut all = Self::list(directory)?;
        all.retain(|it| it.container == container && it.engine == engine);
        all.iter().try_for_each(Self::stop)
    }

    /// Sends SIGTERM to the process.
    ///
    /// # Errors
    ///
    /// The process cannot be signalled.
    pub fn stop(&self) -> crate::Result<()> {
        kill(Pid::from_raw(self.pid), Signal::SIGTERM)
            .with_context(|| format!("cannot stop process {}", self.pid))
    }

    /// Returns the listen address of each forward.
    pub fn listen_addresses(&self) -> impl Iterator<Item = String> {
        self.forwards.iter().filter_map(|(option, text)| {
            let directions = [Direction::Local, Direction::Remote, Direction::Dynamic];
            let direction = directions.into_iter().find(|it| it.option() == option)?;
            Some(Forward::parse(direction, text).ok()?.listen().to_string())
        })
    }
}

impl Drop for ForwardEntry {
    fn drop(&mut self) {
        // If this fails, the next reader removes the entry.
        let _ = fs::remove_file(&self.path);
    }
}

fn read(path: &Path) -> Option<RegisteredForward> {
    let file = File::open(path).ok()?;
    if file.try_lock_shared().is_ok() {
        // The process has ended, or is ending right now.
        let _ = fs::remove_file(path);
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_ended_processes_are_ignored() -> anyhow::Result<()> {
        let directory = std::env::temp_dir().join(format!("cai-forwards-{}", std::process::id()));
        let forward = Forward::parse(Direction::Local, "8080:localhost:80")?;
        let registered = RegisteredForward::current_process("api-main", "unix:///x", &[forward]);
        let entry = registered.register(&directory)?;
        fs::write(directory.join("1.json"), serde_json::to_vec(&registered)?)?;
        let all = RegisteredForward::list(&directory)?;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].listen_addresses().collect::<Vec<_>>(), ["8080"]);
        drop(entry);
        assert_eq!(RegisteredForward::list(&directory)?.len(), 0);
        assert_eq!(fs::read_dir(&directory)?.count(), 0, "stale entries are removed");
        Ok(fs::remove_dir(&directory)?)
    }
}
