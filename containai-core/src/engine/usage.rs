//! Resource usage of containers.

use std::time::Duration;

use serde::Serialize;

use crate::byte_size::ByteSize;

/// The engine's counters at one point in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UsageSample {
    /// The processor time since the container's start, over all processors.
    pub cpu: Duration,
    /// The memory in use, without memory that the kernel can reclaim immediately.
    pub memory: ByteSize,
    /// The memory limit.
    pub limit: ByteSize,
    /// The number of processes and threads; `None` if the engine does not report it.
    pub tasks: Option<u64>,
}

/// The resource usage of a container.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Usage {
    /// The memory in use, in bytes.
    pub memory_used: ByteSize,
    /// The memory limit, in bytes.
    pub memory_limit: ByteSize,
    /// The processor usage in percent of one processor: 250 is two and a half processors.
    pub cpu_percent: f64,
    /// The number of processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}

impl Usage {
    /// Computes the usage between two samples taken this far apart.
    #[must_use]
    pub fn between(earlier: &UsageSample, later: &UsageSample, apart: Duration) -> Self {
        // The counter restarts at zero with the container.
        let busy = later.cpu.saturating_sub(earlier.cpu).as_secs_f64();
        let apart = apart.as_secs_f64();
        let share = if apart > 0.0 { busy / apart } else { 0.0 };
        Self {
            memory_used: later.memory,
            memory_limit: later.limit,
            cpu_percent: (share * 1000.0).round() / 10.0,
            tasks: later.tasks,
        }
    }

    /// Returns the memory in use in percent of the limit; 0 without a limit.
    #[must_use]
    pub fn memory_percent(&self) -> f64 {
        match self.memory_limit.bytes() {
            0 => 0.0,
            // A double is precise enough for a percentage of any memory size.
            limit => self.memory_used.bytes() as f64 / limit as f64 * 100.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(milliseconds: u64, memory: u64) -> UsageSample {
        UsageSample {
            cpu: Duration::from_millis(milliseconds),
            memory: ByteSize::from_bytes(memory),
            limit: ByteSize::from_bytes(1000),
            tasks: None,
        }
    }

    #[test]
    fn cpu_percent_is_per_processor() {
        let between = |earlier, later, apart| {
            Usage::between(&sample(earlier, 0), &sample(later, 300), Duration::from_millis(apart))
        };
        assert_eq!(between(1000, 1500, 200).cpu_percent, 250.0);
        assert_eq!(between(1000, 1000, 200).cpu_percent, 0.0);
        assert_eq!(between(1000, 10, 200).cpu_percent, 0.0);
        assert_eq!(between(1000, 1500, 0).cpu_percent, 0.0);
        assert_eq!(between(0, 0, 1).memory_percent(), 30.0);
    }
}
