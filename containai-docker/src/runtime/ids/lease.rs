use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::IdPool;
use crate::host::IdRange;

/// Directory with a lease file per container, shared by all engines of the host.
const LEASE_DIR: &str = "/run/containai/ids";
/// Locked while a range is chosen. Holds the number of the next range to try, so that the range of
/// a recently stopped container is reused last.
const LOCK_FILE: &str = ".lock";

/// A range of the pool that belongs to one container until runc forgets the container.
///
/// There is no explicit release: a lease is valid while runc has a state of the container, or the
/// process that acquired the lease runs. A crash at any point leaves no lease behind.
#[derive(Debug)]
pub(in crate::runtime) struct IdLease {
    file: PathBuf,
    record: LeaseRecord,
}

/// The owner of a container's standard streams: root of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) struct StreamOwner {
    /// Root in the engine's range, the initial owner.
    pub(in crate::runtime) engine: (u32, u32),
    /// Root in the container's own range.
    pub(in crate::runtime) container: (u32, u32),
}

/// State of a leased range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::runtime) enum LeaseState {
    /// The container is being created.
    Preparing,
    /// The container's processes run in the range.
    Own(StreamOwner),
    /// They run in the engine's range, for this reason (for diagnostics).
    Shared(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LeaseRecord {
    slot: u32,
    base: u32,
    #[serde(default = "LeaseRecord::old_count")]
    count: u32,
    #[serde(rename = "tenure")]
    state: LeaseState,
    /// The directory of runc's state.
    #[serde(rename = "runc")]
    runc_root: PathBuf,
    #[serde(rename = "process")]
    holder: LeaseHolder,
}

/// A process, distinguished from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LeaseHolder {
    #[serde(rename = "id")]
    pid: u32,
    #[serde(rename = "started")]
    start_time: u64,
}

impl IdLease {
    /// Leases a free range. `None` if all are taken, or if the container already exists, which runc
    /// reports.
    pub(in crate::runtime) fn acquire(
        pool: IdPool,
        id: &str,
        runc: &Path,
    ) -> io::Result<Option<Self>> {
        Self::acquire_in(Path::new(LEASE_DIR), pool, id, runc)
    }

    fn acquire_in(dir: &Path, pool: IdPool, id: &str, runc: &Path) -> io::Result<Option<Self>> {
        if !is_file_name(id) {
            return Ok(None);
        }
        DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join(LOCK_FILE))?;
        lock.lock()?;
        let mut taken = Vec::new();
        for (name, entry) in read_records(dir)? {
            match entry {
                Some(entry) if entry.is_active(&name) && name == id => return Ok(None),
                Some(entry) if entry.is_active(&name) => taken.push(entry.range()),
                _ => fs::remove_file(dir.join(&name))?,
            }
        }
        let mut text = String::new();
        lock.read_to_string(&mut text)?;
        let next = text.trim().parse().unwrap_or(0) % pool.slots;
        let mut slots = (next..pool.slots).chain(0..next);
        let Some(slot) = slots.find(|slot| pool.range(*slot).is_free(&taken)) else {
            return Ok(None);
        };
        let IdRange { base, count } = pool.range(slot);
        let entry = LeaseRecord {
            slot,
            base,
            count,
            state: LeaseState::Preparing,
            runc_root: runc.to_owned(),
            holder: LeaseHolder::current()?,
        };
        let lease = Self { file: dir.join(id), record: entry };
        lease.write()?;
        lock.rewind()?;
        lock.set_len(0)?;
        write!(lock, "{}", slot + 1)?;
        Ok(Some(lease))
    }

    /// Returns the range, for users and for groups.
    pub(in crate::runtime) fn range(&self) -> IdRange {
        self.record.range()
    }

    /// Stores the state of the range.
    pub(in crate::runtime) fn set_state(&mut self, tenure: LeaseState) -> io::Result<()> {
        self.record.state = tenure;
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let dir = self.file.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(dir)?;
        serde_json::to_writer(&mut file, &self.record)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

/// Returns the owner for the standard streams of a command in this container; `None` if the
/// container does not have its own range.
pub(in crate::runtime) fn stream_owner(id: &str) -> Option<StreamOwner> {
    let entry =
        is_file_name(id).then(|| LeaseRecord::read(&Path::new(LEASE_DIR).join(id))).flatten()?;
    match entry.state {
        LeaseState::Own(owner) => Some(owner),
        _ => None,
    }
}

impl LeaseRecord {
    fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    fn range(&self) -> IdRange {
        IdRange { base: self.base, count: self.count }
    }

    /// The number of ids that an earlier version leased.
    fn old_count() -> u32 {
        65_536
    }

    fn is_active(&self, id: &str) -> bool {
        self.runc_root.join(id).exists() || self.holder.is_alive()
    }
}

impl LeaseHolder {
    /// Returns the current process, which runc replaces later.
    fn current() -> io::Result<Self> {
        let id = std::process::id();
        let started = process_start_time(id).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { pid: id, start_time: started })
    }

    fn is_alive(&self) -> bool {
        process_start_time(self.pid) == Some(self.start_time)
    }
}

/// Returns the start time of a process in clock ticks since boot: field 22 of proc_pid_stat(5).
fn process_start_time(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field, the name, may contain blanks and parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// Reads the leases, without hidden files, which are not leases.
fn read_records(dir: &Path) -> io::Result<Vec<(String, Option<LeaseRecord>)>> {
    let mut entries = Vec::new();
    for file in fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, LeaseRecord::read(&file.path())));
        }
    }
    Ok(entries)
}

/// Returns whether a container id is usable as the name of a visible file; runc has the same
/// restriction.
fn is_file_name(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-.".contains(&byte);
    !id.is_empty() && id.len() <= 200 && !id.starts_with('.') && id.bytes().all(allowed)
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
