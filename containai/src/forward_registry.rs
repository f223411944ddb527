//! Which processes forward something at the moment.
//!
//! Each keeps a file with what it does, and holds a lock on it for as long as
//! it lives: a file that can be locked is from one that is gone.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::remote::{Direction, Forward};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// What one process forwards.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RegisteredForward {
    /// The process.
    pub pid: i32,
    /// The container's name.
    pub container: String,
    /// The engine's address.
    pub(crate) engine: String,
    /// Option and words, as the command line has them.
    pub forwards: Vec<(String, String)>,
}

/// A file that says what this process forwards; it goes with this value.
#[derive(Debug)]
pub struct ForwardEntry {
    path: PathBuf,
    _lock: File,
}

impl RegisteredForward {
    /// What this process does.
    pub fn current_process(container: &str, engine: &str, forwards: &[Forward]) -> Self {
        let words = |it: &Forward| (it.direction().option().to_owned(), it.to_string());
        Self {
            pid: std::process::id().cast_signed(),
            container: container.to_owned(),
            engine: engine.to_owned(),
            forwards: forwards.iter().map(words).collect(),
        }
    }

    /// Makes it known to others.
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

    /// Everything that is forwarded; what gone processes left is removed.
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

    /// Ends all that leads to a container that is gone.
    pub fn stop_all(directory: &Path, engine: &str, container: &str) -> crate::Result<()> {
        let mut all = Self::list(directory)?;
        all.retain(|it| it.container == container && it.engine == engine);
        all.iter().try_for_each(Self::stop)
    }

    /// Asks the process to end.
    pub fn stop(&self) -> crate::Result<()> {
        kill(Pid::from_raw(self.pid), Signal::SIGTERM)
            .with_context(|| format!("cannot end process {}", self.pid))
    }

    /// Where each of its forwards is listened for.
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
        // Who reads it next removes it else.
        let _ = fs::remove_file(&self.path);
    }
}

fn read(path: &Path) -> Option<RegisteredForward> {
    let file = File::open(path).ok()?;
    if file.try_lock_shared().is_ok() {
        // Nobody holds it; one that goes at the same time is gone as well.
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
        let forwarding = RegisteredForward::current_process("api-main", "unix:///x", &[forward]);
        let entry = forwarding.register(&directory)?;
        fs::write(directory.join("1.json"), serde_json::to_vec(&forwarding)?)?;
        let all = RegisteredForward::list(&directory)?;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].listen_addresses().collect::<Vec<_>>(), ["8080"]);
        drop(entry);
        assert_eq!(RegisteredForward::list(&directory)?.len(), 0);
        assert_eq!(fs::read_dir(&directory)?.count(), 0, "what is left is removed");
        Ok(fs::remove_dir(&directory)?)
    }
}
