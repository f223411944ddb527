//! Facts about this machine.

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

/// Returns the current time.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since_1970.as_secs().cast_signed())
}

/// Generates a random id.
///
/// # Errors
///
/// `/dev/urandom` cannot be read.
pub fn new_random_id() -> io::Result<RandomId> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes)?;
    Ok(RandomId::from_random(bytes))
}

/// Returns the memory and the processors of this machine, which are those of a local engine; 0 if
/// unknown.
pub fn local_capacity() -> HostCapacity {
    let cpus = available_parallelism().map_or(0, |count| u32::try_from(count.get()).unwrap_or(0));
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    HostCapacity { memory_bytes: memory_total(&text), cpus }
}

/// Returns the facts about this machine and its user that a new container gets.
pub(crate) fn facts(env: &ProcessEnv) -> HostFacts {
    let mut facts = HostFacts::default();
    facts.time_zone = time_zone(env);
    facts.git_name = git::user_setting("user.name");
    facts.git_email = git::user_setting("user.email");
    facts
}

/// Returns the time zone: `TZ`, else the target of localtime(5), else Debian's
/// `/etc/timezone`.
fn time_zone(env: &ProcessEnv) -> Option<String> {
    let linked = || {
        let link = fs::read_link("/etc/localtime").ok()?;
        Some(link.to_str()?.split_once("zoneinfo/")?.1.to_owned())
    };
    let debian = || fs::read_to_string("/etc/timezone").ok();
    let is_zone = |zone: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        !zone.is_empty() && zone.chars().all(is_plain)
    };
    let zone =
        env.variables.text("TZ").filter(|zone| !zone.is_empty()).or_else(linked).or_else(debian)?;
    Some(zone.trim().trim_start_matches(':').to_owned()).filter(is_zone)
}

/// Returns `MemTotal` of `/proc/meminfo` (proc_meminfo(5)) in bytes; the file has KiB.
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
