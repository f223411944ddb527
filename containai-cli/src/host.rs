//! What this machine has.

use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use containai_core::resources::HostCapacity;
use containai_core::timestamp::Timestamp;

/// How long a best-effort answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The time of this machine's clock.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since_1970.as_secs().cast_signed())
}

/// Memory and processors of this machine; 0 where they cannot be told.
pub(crate) fn capacity() -> HostCapacity {
    let cpus = available_parallelism().map_or(0, |count| u32::try_from(count.get()).unwrap_or(0));
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    HostCapacity { memory_bytes: memory_total(&text), cpus }
}

/// `MemTotal` of `/proc/meminfo` (proc_meminfo(5)) in bytes; it is told in KiB.
fn memory_total(meminfo: &str) -> u64 {
    meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(memory_total("MemTotal:       16 kB\nMemFree: 1 kB\n"), 16_384);
        assert_eq!(memory_total("nothing"), 0);
    }
}
