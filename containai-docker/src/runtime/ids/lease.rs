use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Pool;

/// Where each container has a file that says which range is its own, for all engines of the host.
const FOLDER: &str = "/run/containai/ids";
/// Locked while a range is chosen; holds the number of the next one to try, so that the range of a
/// container that has just ended is taken last.
const LOCK: &str = ".lock";

/// A range of the pool that is one container's, until runc has forgotten the container.
///
/// Nothing gives it back: a lease counts while runc has a state of the container, or the process
/// that took the lease lives. So a crash at any point leaves nothing leased.
#[derive(Debug)]
pub(in crate::runtime) struct Lease {
    file: PathBuf,
    entry: Entry,
}

/// Whom a container's standard streams belong to: root of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) struct StreamOwner {
    /// Root in the engine's range, whose they are at first.
    pub(in crate::runtime) engine: (u32, u32),
    /// Root in the container's own range.
    pub(in crate::runtime) container: (u32, u32),
}

/// What became of a leased range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::runtime) enum Tenure {
    /// The container is being made.
    Preparing,
    /// The container's processes run in it.
    Own(StreamOwner),
    /// They run in the engine's range; the reason, for a person who looks.
    Shared(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    slot: u32,
    base: u32,
    tenure: Tenure,
    /// The folder in which runc keeps its states.
    runc: PathBuf,
    process: Process,
}

/// A process, told from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    id: u32,
    started: u64,
}

impl Lease {
    /// Leases a range that no container has; `None` when all are taken, or when the container is
    /// there already, which is for runc to refuse.
    pub(in crate::runtime) fn take(pool: Pool, id: &str, runc: &Path) -> io::Result<Option<Self>> {
        Self::take_in(Path::new(FOLDER), pool, id, runc)
    }

    fn take_in(folder: &Path, pool: Pool, id: &str, runc: &Path) -> io::Result<Option<Self>> {
        if !is_file_name(id) {
            return Ok(None);
        }
        DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(folder.join(LOCK))?;
        lock.lock()?;
        let mut taken = BTreeSet::new();
        for (name, entry) in entries(folder)? {
            match entry {
                Some(entry) if entry.is_live(&name) && name == id => return Ok(None),
                Some(entry) if entry.is_live(&name) => drop(taken.insert(entry.slot)),
                _ => fs::remove_file(folder.join(&name))?,
            }
        }
        let mut text = String::new();
        lock.read_to_string(&mut text)?;
        let next = text.trim().parse().unwrap_or(0) % pool.slots;
        let mut slots = (next..pool.slots).chain(0..next);
        let Some(slot) = slots.find(|slot| !taken.contains(slot)) else { return Ok(None) };
        let entry = Entry {
            slot,
            base: pool.base_of(slot),
            tenure: Tenure::Preparing,
            runc: runc.to_owned(),
            process: Process::this()?,
        };
        let lease = Self { file: folder.join(id), entry };
        lease.write()?;
        lock.rewind()?;
        lock.set_len(0)?;
        write!(lock, "{}", slot + 1)?;
        Ok(Some(lease))
    }

    /// The first id of the range, for users and for groups.
    pub(in crate::runtime) fn base(&self) -> u32 {
        self.entry.base
    }

    /// Says what became of the range.
    pub(in crate::runtime) fn settle(&mut self, tenure: Tenure) -> io::Result<()> {
        self.entry.tenure = tenure;
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
        serde_json::to_writer(&mut file, &self.entry)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

/// Whom the standard streams of a command in this container belong to; `None` when it has no range
/// of its own.
pub(in crate::runtime) fn owner_of(id: &str) -> Option<StreamOwner> {
    let entry = is_file_name(id).then(|| Entry::read(&Path::new(FOLDER).join(id))).flatten()?;
    match entry.tenure {
        Tenure::Own(owner) => Some(owner),
        _ => None,
    }
}

impl Entry {
    fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    fn is_live(&self, id: &str) -> bool {
        self.runc.join(id).exists() || self.process.is_alive()
    }
}

impl Process {
    /// This one, which becomes runc later.
    fn this() -> io::Result<Self> {
        let id = std::process::id();
        let started = started(id).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { id, started })
    }

    fn is_alive(&self) -> bool {
        started(self.id) == Some(self.started)
    }
}

/// When a process started, in clock ticks since boot: field 22 of proc_pid_stat(5).
fn started(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field, the name, may hold blanks and parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// The leases; hidden files are ours.
fn entries(folder: &Path) -> io::Result<Vec<(String, Option<Entry>)>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, Entry::read(&file.path())));
        }
    }
    Ok(entries)
}

/// Whether an id can be the name of a file that is not hidden; runc takes no others either.
fn is_file_name(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-.".contains(&byte);
    !id.is_empty() && id.len() <= 200 && !id.starts_with('.') && id.bytes().all(allowed)
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
