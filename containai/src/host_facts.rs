//! What this machine has.

use std::fs;
use std::io;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::engine::HostFacts;
use containai_core::naming::RandomId;
use containai_core::resources::HostCapacity;
use containai_core::timestamp::Timestamp;

use crate::git;
use crate::process_env::ProcessEnv;

/// The time of this machine's clock.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since_1970.as_secs().cast_signed())
}

/// Draws what tells things of one name apart.
pub fn new_random_id() -> io::Result<RandomId> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes)?;
    Ok(RandomId::from_random(bytes))
}

/// Memory and processors of this machine; 0 where they cannot be told.
pub(crate) fn capacity() -> HostCapacity {
    let cpus = available_parallelism().map_or(0, |count| u32::try_from(count.get()).unwrap_or(0));
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    HostCapacity { memory_bytes: memory_total(&text), cpus }
}

/// What a new container is told of this machine and its user.
pub(crate) fn facts(env: &ProcessEnv) -> HostFacts {
    HostFacts {
        time_zone: time_zone(env),
        git_name: git::user_setting("user.name"),
        git_email: git::user_setting("user.email"),
    }
}

/// `TZ`, else what localtime(5) leads to, else what Debian notes beside it.
fn time_zone(env: &ProcessEnv) -> Option<String> {
    let linked = || {
        let link = fs::read_link("/etc/localtime").ok()?;
        Some(link.to_str()?.split_once("zoneinfo/")?.1.to_owned())
    };
    let noted = || fs::read_to_string("/etc/timezone").ok();
    let is_zone = |zone: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        !zone.is_empty() && zone.chars().all(is_plain)
    };
    let zone =
        env.variables.text("TZ").filter(|zone| !zone.is_empty()).or_else(linked).or_else(noted)?;
    Some(zone.trim().trim_start_matches(':').to_owned()).filter(is_zone)
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
