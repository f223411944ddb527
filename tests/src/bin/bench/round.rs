//! Interleaved measurements.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Returns the times of several sides, one list for each in the given order.
///
/// Each round measures every side once, and the first side rotates by one from round to round. An
/// extra round at the beginning warms the caches.
pub(crate) fn interleaved(
    rounds: usize,
    sides: &mut [&mut dyn FnMut() -> Duration],
) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); sides.len()];
    for side in sides.iter_mut() {
        side();
    }
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let index = (round + turn) % sides.len();
            times[index].push(sides[index]());
        }
    }
    times
}

/// Returns the middle value, or the mean of the two middle values.
pub(crate) fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => Duration::ZERO,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => (sorted[middle - 1] + sorted[middle]) / 2,
    }
}

/// Measures a whole process, which has to succeed; its streams are discarded.
#[track_caller]
pub(crate) fn process(command: Command) -> Duration {
    process_between(command, Stdio::null(), Stdio::null())
}

/// Measures a whole process with the given input and output.
#[track_caller]
pub(crate) fn process_between(mut command: Command, input: Stdio, output: Stdio) -> Duration {
    command.stdin(input).stdout(output).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the program is installed");
    let time = start.elapsed();
    assert!(status.success(), "{command:?} failed ({status})");
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_value() {
        let check = |millis: &[u64], expected: u64| {
            let times: Vec<_> = millis.iter().map(|&ms| Duration::from_millis(ms)).collect();
            assert_eq!(median(&times), Duration::from_millis(expected));
        };
        check(&[], 0);
        check(&[7], 7);
        check(&[9, 1, 5], 5);
        check(&[9, 1, 5, 7], 6);
    }

    #[test]
    fn first_side_rotates() {
        let order = std::cell::RefCell::new(String::new());
        let note = |name: char| {
            order.borrow_mut().push(name);
            Duration::ZERO
        };
        interleaved(2, &mut [&mut || note('a'), &mut || note('b')]);
        assert_eq!(order.into_inner(), "ababba");
    }
}
