//! Sizes, shares, ages and versions.

use anyhow::{Context, Result};
use containai_core::age::Age;
use containai_core::byte_size::{ApproximateSize, ByteSize};
use containai_core::resources::Share;
use containai_core::version::Version;
use serde_json::Value;

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

/// Compares what a container gets. Memory is counted in bytes here and was
/// rounded down to GiB twice there, so ours may be the greater by what that
/// lost, and is never more than the host has.
pub(super) fn resources(record: &Record) -> Result<Verdict> {
    let share = Share {
        percent: record.number("percent")?.try_into()?,
        min_memory: ByteSize::from_gib(record.number("min_gb")?),
        min_cpus: record.number("min_cpus")?.try_into()?,
    };
    let host_bytes = record.number("mem_bytes")?;
    let memory = share.of_memory(host_bytes);
    let cpus = share.of_cpus(record.number("cpu_count")?.try_into()?);
    let recorded = record.output["container_memory"].as_str().context("no `container_memory`")?;
    let recorded: ByteSize = recorded.parse()?;
    let lost = ByteSize::from_gib(1).bytes()
        + ByteSize::from_gib(1).bytes() * u64::from(share.percent) / 100;
    let is_the_host = memory.bytes() == host_bytes && host_bytes < share.min_memory.bytes();
    let is_near = memory >= recorded && memory.bytes() - recorded.bytes() < lost;
    let has_cpus = record.output["container_cpus"] == Value::from(cpus.to_string());
    Ok(match has_cpus && (is_the_host || is_near) && record.exit == 0 {
        true => Verdict::Matches,
        false => Verdict::Differs(format!("{memory} and {cpus} CPUs")),
    })
}

pub(super) fn format_size(record: &Record) -> Result<Verdict> {
    let text = match record.whole_text()?.parse() {
        Ok(bytes) => ApproximateSize(bytes).to_string(),
        Err(_) => "unknown size".to_owned(),
    };
    Ok(record.judge(format!("{text}\n"), 0))
}

/// Compares ages. Leading zeros made octal numbers there and mean nothing
/// here; too large ages became negative there and are refused here.
pub(super) fn age(record: &Record) -> Result<Verdict> {
    let text = record.whole_text()?;
    let Ok(age) = text.parse::<Age>() else {
        let wrapped = record.output.as_str().is_some_and(|output| output.starts_with('-'));
        return Ok(if wrapped { Verdict::Matches } else { record.judge("", 1) });
    };
    let seconds = age.as_duration().as_secs().to_string();
    let decimal = text.trim_start_matches('0');
    if decimal.len() < text.len() && decimal.starts_with(|c: char| c.is_ascii_digit()) {
        let plain = decimal.parse::<Age>()?.as_duration().as_secs().to_string();
        return Ok(if plain == seconds { Verdict::Matches } else { Verdict::Differs(seconds) });
    }
    Ok(record.judge(seconds, 0))
}

pub(super) fn version_is_greater(record: &Record) -> Result<Verdict> {
    let versions = record.input.as_array().map(Vec::as_slice);
    let Some([Value::String(a), Value::String(b)]) = versions else {
        anyhow::bail!("the input is not two versions");
    };
    Ok(record.judge_accepted(Version::new(a).is_newer_than(&Version::new(b))))
}
