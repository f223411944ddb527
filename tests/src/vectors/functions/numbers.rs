//! Sizes, shares, ages and versions.

use anyhow::{Context, Result};
use containai_core::byte_size::{ApproximateSize, ByteSize};
use containai_core::resources::HostShare;
use containai_core::retention::RetentionAge;
use containai_core::version::Version;

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

/// Compares the resources of a container. We compute memory in bytes and the shell version rounded
/// down to GiB twice, so our value may be larger by the rounding, and never exceeds the memory of
/// the host.
pub(super) fn resources(record: &Record) -> Result<Verdict> {
    let share = HostShare {
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
    let has_cpus = record.output["container_cpus"].as_str() == Some(&*cpus.to_string());
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
    Ok(record.compare(format!("{text}\n"), 0))
}

/// Compares ages. The shell version read a leading zero as octal, and an overflow became negative;
/// we ignore the zero and reject the overflow.
pub(super) fn age(record: &Record) -> Result<Verdict> {
    let text = record.whole_text()?;
    let (output, exit) = match text.parse::<RetentionAge>() {
        Ok(age) => (age.as_duration().as_secs().to_string(), 0),
        Err(_) => (String::new(), 1),
    };
    let recorded = record.output.as_str().unwrap_or_default();
    let has_wrapped = exit == 1 && recorded.parse::<i64>().is_ok_and(i64::is_negative);
    if has_wrapped || octal(text) == Some((recorded.to_owned(), record.exit)) {
        return Ok(Verdict::Matches);
    }
    Ok(record.compare(output, exit))
}

/// Returns the shell version's reading of an age with a leading zero.
fn octal(text: &str) -> Option<(String, i64)> {
    let digits = text.strip_prefix('0')?.strip_suffix(['d', 'D', 'h', 'H'])?;
    let unit = if text.ends_with(['d', 'D']) { 86_400 } else { 3_600 };
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| match i64::from_str_radix(digits, 8) {
        Ok(number) => (number.wrapping_mul(unit).to_string(), 0),
        Err(_) => (String::new(), 1),
    })
}

pub(super) fn version_is_greater(record: &Record) -> Result<Verdict> {
    let versions = record.input.as_array().map(Vec::as_slice);
    let Some([serde_json::Value::String(a), serde_json::Value::String(b)]) = versions else {
        anyhow::bail!("the input is not two versions");
    };
    Ok(record.compare_accepted(Version::new(a).is_newer_than(&Version::new(b))))
}
