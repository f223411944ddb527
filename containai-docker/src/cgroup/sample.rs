//! The resource usage of a container, as the kernel accounts it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use containai_core::byte_size::ByteSize;
use containai_core::engine::UsageSample;

use super::membership::{Cgroup, CgroupDirectory, HierarchyVersion};

impl Cgroup {
    /// Reads the container's usage up to now, computed as the engine does.
    ///
    /// # Errors
    ///
    /// The error of the first file that cannot be read: the container has ended, or its root has
    /// hidden the directory.
    pub(crate) fn sample(&self) -> io::Result<UsageSample> {
        let CgroupDirectory { version, path } = &self.memory;
        let (usage, limit, cache) = match version {
            HierarchyVersion::V1 => {
                ("memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file")
            }
            HierarchyVersion::V2 => ("memory.current", "memory.max", "inactive_file"),
        };
        let used: u64 = read_number(&path.join(usage))?;
        let cache = keyed_value(&path.join("memory.stat"), cache)?;
        let limit = match fs::read_to_string(path.join(limit))?.trim() {
            "max" => u64::MAX,
            text => parse(text)?,
        };
        // Like the engine, reports the machine's memory as limit if no lower one is set.
        let machine = machine_memory()?;
        let tasks = self.pids.as_ref().map(|pids| read_number(&pids.path.join("pids.current")));
        Ok(UsageSample {
            cpu: self.cpu()?,
            memory: ByteSize::from_bytes(if cache < used { used - cache } else { used }),
            limit: ByteSize::from_bytes(limit.min(machine)),
            tasks: tasks.transpose()?,
        })
    }

    fn cpu(&self) -> io::Result<Duration> {
        let CgroupDirectory { version, path } = &self.cpu;
        Ok(match version {
            HierarchyVersion::V1 => Duration::from_nanos(read_number(&path.join("cpuacct.usage"))?),
            HierarchyVersion::V2 => {
                Duration::from_micros(keyed_value(&path.join("cpu.stat"), "usage_usec")?)
            }
        })
    }
}

fn machine_memory() -> io::Result<u64> {
    let kib = keyed_value(Path::new("/proc/meminfo"), "MemTotal:")?;
    Ok(kib.saturating_mul(1024))
}

/// Returns the value of a key in a flat keyed file (Linux
/// `Documentation/admin-guide/cgroup-v2.rst`).
fn keyed_value(path: &Path, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some(name)).then(|| words.next()).flatten()
    });
    parse(value.unwrap_or_default())
}

fn read_number<T: FromStr>(path: &Path) -> io::Result<T> {
    parse(fs::read_to_string(path)?.trim())
}

fn parse<T: FromStr>(text: &str) -> io::Result<T> {
    text.parse().map_err(|_| ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cgroup(version: HierarchyVersion, files: &[(&str, &str)]) -> (tempfile::TempDir, Cgroup) {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            fs::write(directory.path().join(name), text).expect("a file");
        }
        let group = || CgroupDirectory { version, path: directory.path().to_owned() };
        let cgroup =
            Cgroup { cpu: group(), memory: group(), pids: Some(group()), members: group() };
        (directory, cgroup)
    }

    #[test]
    fn both_versions_match_the_engine() {
        let first = [
            ("cpuacct.usage", "1500000000\n"),
            ("memory.usage_in_bytes", "1000\n"),
            ("memory.limit_in_bytes", "4000\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 300\n"),
            ("pids.current", "26\n"),
        ];
        let second = [
            ("cpu.stat", "usage_usec 1500000\nuser_usec 1\n"),
            ("memory.current", "1000\n"),
            ("memory.max", "4000\n"),
            ("memory.stat", "anon 5\ninactive_file 300\n"),
            ("pids.current", "26\n"),
        ];
        let expected = UsageSample {
            cpu: Duration::from_millis(1500),
            memory: ByteSize::from_bytes(700),
            limit: ByteSize::from_bytes(4000),
            tasks: Some(26),
        };
        for (version, files) in [(HierarchyVersion::V1, &first), (HierarchyVersion::V2, &second)] {
            let (_directory, cgroup) = cgroup(version, files);
            assert_eq!(cgroup.sample().expect("figures"), expected, "{version:?}");
        }
    }

    #[test]
    fn unlimited_memory_is_limited_by_the_machine() {
        let (directory, cgroup) = cgroup(
            HierarchyVersion::V2,
            &[
                ("cpu.stat", "usage_usec 1\n"),
                ("memory.current", "1\n"),
                ("memory.max", "max\n"),
                ("memory.stat", "inactive_file 2\n"),
                ("pids.current", "1\n"),
            ],
        );
        let sample = cgroup.sample().expect("figures");
        assert_eq!(sample.limit.bytes(), machine_memory().expect("the machine has some"));
        assert_eq!(sample.memory.bytes(), 1);
        fs::write(directory.path().join("cpu.stat"), "nonsense\n").expect("a file");
        assert!(cgroup.sample().is_err());
    }
}
