//! The progress of BuildKit.
//!
//! The engine encodes it as `StatusResponse` of `api/services/control/control.proto` in
//! <https://github.com/moby/buildkit>. Only the fields that are shown are read.

use std::collections::{BTreeMap, BTreeSet};

use containai_core::engine::EngineError;
use containai_core::lifecycle::{Event, EventListener};

use crate::image::LogTail;

/// The prefix of our scripts' messages about their stages.
const STAGE_PREFIX: &str = "==> ";

/// The progress so far.
#[derive(Debug, Default)]
pub(super) struct BuildTrace {
    /// The steps by digest.
    steps: BTreeMap<Vec<u8>, TracedStep>,
    done: BTreeSet<Vec<u8>>,
    /// The name and the last output of the step that failed.
    failed: Option<(String, Vec<String>)>,
}

#[derive(Debug, Default)]
struct TracedStep {
    name: String,
    is_started: bool,
    tail: LogTail,
}

impl BuildTrace {
    /// Adds a message. Malformed parts are skipped: the result does not depend on them.
    pub(super) fn push(&mut self, message: &[u8], events: &dyn EventListener) {
        for (number, field) in fields(message) {
            match (number, field) {
                (1, WireField::Bytes(vertex)) => self.push_step(vertex, events),
                (3, WireField::Bytes(log)) => self.push_output(log, events),
                _ => {}
            }
        }
    }

    fn push_step(&mut self, vertex: &[u8], events: &dyn EventListener) {
        let (mut digest, mut name, mut error) = (Vec::new(), String::new(), String::new());
        let (mut is_started, mut is_done) = (false, false);
        for (number, field) in fields(vertex) {
            match (number, field) {
                (1, WireField::Bytes(bytes)) => digest = bytes.to_vec(),
                (3, WireField::Bytes(bytes)) => name = text(bytes),
                (5, WireField::Bytes(_)) => is_started = true,
                (6, WireField::Bytes(_)) => is_done = true,
                (7, WireField::Bytes(bytes)) => error = text(bytes),
                _ => {}
            }
        }
        let step = self.steps.entry(digest.clone()).or_default();
        step.name = name;
        if is_started && !step.is_started {
            step.is_started = true;
            events.on_event(Event::Output(&step.name));
        }
        if !error.is_empty() && self.failed.is_none() {
            let tail = std::mem::take(&mut step.tail).into_lines();
            self.failed = Some((step.name.clone(), tail));
        }
        if is_done {
            self.done.insert(digest);
        }
        let (done, total) = (self.done.len() as u64, self.steps.len() as u64);
        events.on_event(Event::Progress { done, total: Some(total) });
    }

    fn push_output(&mut self, log: &[u8], events: &dyn EventListener) {
        let (mut digest, mut output) = (Vec::new(), String::new());
        for (number, field) in fields(log) {
            match (number, field) {
                (1, WireField::Bytes(bytes)) => digest = bytes.to_vec(),
                (4, WireField::Bytes(bytes)) => {
                    output = String::from_utf8_lossy(bytes).into_owned();
                }
                _ => {}
            }
        }
        for line in self.steps.entry(digest).or_default().tail.push(&output) {
            if let Some(stage) = line.strip_prefix(STAGE_PREFIX) {
                events.on_event(Event::Stage(&format!("build: {stage}")));
            }
            events.on_event(Event::Output(&line));
        }
    }

    /// Returns the error of a failed build; `message` is the engine's.
    pub(super) fn into_error(self, image: &str, message: &str) -> EngineError {
        let (step, mut tail) = self.failed.unwrap_or_default();
        tail.push(message.replace(|c: char| c.is_control(), " "));
        crate::image::build_failure(image, step, tail)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(|c: char| c.is_control(), " ")
}

/// A field of a message.
#[derive(Debug, Eq, PartialEq)]
enum WireField<'a> {
    Bytes(&'a [u8]),
    Other,
}

/// Returns the fields of a message with their numbers, up to the first malformed one.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
fn fields(mut rest: &[u8]) -> impl Iterator<Item = (u64, WireField<'_>)> {
    std::iter::from_fn(move || {
        let tag = varint(&mut rest)?;
        let field = match tag & 7 {
            0 => varint(&mut rest).map(|_| WireField::Other)?,
            1 => split(&mut rest, 8).map(|_| WireField::Other)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                WireField::Bytes(split(&mut rest, length)?)
            }
            5 => split(&mut rest, 4).map(|_| WireField::Other)?,
            _ => return None,
        };
        Some((tag >> 3, field))
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = split(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (first, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(first)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;

    #[derive(Default)]
    struct Shown(Mutex<Vec<String>>);

    impl EventListener for Shown {
        fn on_event(&self, event: Event<'_>) {
            let shown = match event {
                Event::Output(text) => text.to_owned(),
                Event::Stage(text) => format!("stage {text}"),
                Event::Progress { done, total } => format!("{done}/{}", total.unwrap_or_default()),
                _ => return,
            };
            self.0.lock().expect("one thread").push(shown);
        }
    }

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn step(digest: &str, name: &str, more: &[Vec<u8>]) -> Vec<u8> {
        let vertex = [field(1, digest.as_bytes()), field(3, name.as_bytes()), more.concat()];
        field(1, &vertex.concat())
    }

    #[test]
    fn failed_step_is_reported_with_its_output() {
        let (started, done) = (field(5, b""), field(6, b""));
        let log = |digest: &str, line: &str| {
            field(
                3,
                &[field(1, digest.as_bytes()), vec![3 << 3, 1], field(4, line.as_bytes())].concat(),
            )
        };
        let (mut trace, shown) = (BuildTrace::default(), Shown::default());
        trace.push(&step("a", "[1/2] FROM x", &[started.clone(), done.clone()]), &shown);
        trace.push(&step("b", "[2/2] RUN make", std::slice::from_ref(&started)), &shown);
        trace.push(
            &[log("b", "==> making\nhal"), log("a", "other\n"), log("b", "f\n")].concat(),
            &shown,
        );
        trace.push(
            &step("b", "[2/2] RUN make", &[started, done, field(7, b"exit code: 3")]),
            &shown,
        );
        assert_eq!(
            *shown.0.lock().expect("one thread"),
            [
                "[1/2] FROM x",
                "1/1",
                "[2/2] RUN make",
                "1/2",
                "stage build: making",
                "==> making",
                "other",
                "half",
                "2/2"
            ]
        );
        assert_eq!(
            trace.into_error("x:1", "failed to solve\n").to_string(),
            "building image `x:1` failed at `[2/2] RUN make`\n  ==> making\n  half\n  failed to solve "
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            BuildTrace::default().push(&bytes, &Shown::default());
            prop_assert!(fields(&bytes).count() <= bytes.len());
        }
    }
}
