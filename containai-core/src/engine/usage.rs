//! What a container uses.

use std::time::Duration;

use serde::Serialize;

use crate::byte_size::ByteSize;

/// What the engine has counted up to one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// Processor time since the container's start, of all processors.
    pub cpu: Duration,
    /// Memory in use; what the kernel would give back at once does not count.
    pub memory: ByteSize,
    /// Memory that it may use.
    pub limit: ByteSize,
    /// Processes and threads; `None` where the engine does not count them.
    pub tasks: Option<u64>,
}

/// What a container uses now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Usage {
    /// Bytes of memory in use.
    pub memory_used: ByteSize,
    /// Bytes of memory that it may use.
    pub memory_limit: ByteSize,
    /// Processor time in hundredths of one processor: 250 is two and a half.
    pub cpu_percent: f64,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}

impl Usage {
    /// What is used between two samples that were taken this far apart.
    #[must_use]
    pub fn between(earlier: &Sample, later: &Sample, apart: Duration) -> Self {
        // The count begins anew when a container is started again.
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

    /// Memory in use, in hundredths of the limit; 0 without a limit.
    #[must_use]
    pub fn memory_percent(&self) -> f64 {
        match self.memory_limit.bytes() {
            0 => 0.0,
            // Doubles are exact enough for a percentage of any memory.
            limit => self.memory_used.bytes() as f64 / limit as f64 * 100.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(milliseconds: u64, memory: u64) -> Sample {
        Sample {
            cpu: Duration::from_millis(milliseconds),
            memory: ByteSize::from_bytes(memory),
            limit: ByteSize::from_bytes(1000),
            tasks: None,
        }
    }

    #[test]
    fn processors_are_counted_in_hundredths() {
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
