//! From the embedded files.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptionsBuilder;
use containai_core::engine::{EngineError, ShippedImage};
use containai_core::label;
use containai_core::lifecycle::{Event, Events};
use futures_util::TryStreamExt as _;

use super::tail::Tail;
use super::{context, reference};
use crate::engine::DockerEngine;

/// Builds the image on `base` and tags it with its local reference.
///
/// # Errors
///
/// [`EngineError::BuildFailed`] with the failing step's last lines.
pub(crate) async fn build(
    engine: &DockerEngine,
    image: ShippedImage,
    base: &str,
    events: &dyn Events,
) -> Result<String, EngineError> {
    let reference = reference::local_reference(image);
    events.event(Event::Stage(&format!("building {reference} on {base}")));
    let archive = context::archive(image)
        .map_err(|source| EngineError::Host { path: "build context".into(), source })?;
    let options = BuildImageOptionsBuilder::default()
        .dockerfile("Dockerfile")
        .t(&reference)
        .buildargs(&HashMap::from([("BASE_IMAGE", base)]))
        .labels(&HashMap::from([(label::IMAGE_CONTENT, reference::content(image).as_str())]))
        .rm(true)
        .forcerm(true)
        .build();
    let mut stream = std::pin::pin!(engine.docker().build_image(
        options,
        None,
        Some(bollard::body_full(archive.into()))
    ));
    let mut log = Log::default();
    loop {
        match stream.try_next().await {
            Ok(None) => return Ok(reference),
            Ok(Some(info)) => log.note(info, events),
            Err(Error::DockerStreamError { error }) => log.failed = Some(error),
            Err(error) => return Err(engine.failure(error)),
        }
        if let Some(error) = log.failed.take() {
            return Err(log.into_error(&reference, &error));
        }
    }
}

/// What the builder has said so far.
#[derive(Debug, Default)]
struct Log {
    step: String,
    tail: Tail,
    failed: Option<String>,
}

impl Log {
    fn note(&mut self, info: BuildInfo, events: &dyn Events) {
        if let Some(message) = info.error_detail.and_then(|detail| detail.message) {
            self.failed = Some(message);
        }
        for line in self.tail.push(&info.stream.unwrap_or_default()) {
            if let Some((done, total)) = step_numbers(&line) {
                self.step.clone_from(&line);
                // What an earlier step printed does not explain a later one.
                self.tail = Tail::default();
                events.event(Event::Progress { done, total: Some(total) });
            }
            events.event(Event::Output(&line));
        }
    }

    fn into_error(self, image: &str, error: &str) -> EngineError {
        let mut tail = self.tail.into_lines();
        tail.push(error.replace(|c: char| c.is_control(), " "));
        EngineError::BuildFailed { image: image.to_owned(), step: self.step, tail }
    }
}

/// Reads `Step 3/12 : RUN …`; a step that begins is not done yet.
fn step_numbers(line: &str) -> Option<(u64, u64)> {
    let (numbers, _) = line.strip_prefix("Step ")?.split_once(' ')?;
    let (step, total) = numbers.split_once('/')?;
    Some((step.parse::<u64>().ok()?.saturating_sub(1), total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted() {
        assert_eq!(step_numbers("Step 3/12 : RUN true"), Some((2, 12)));
        assert_eq!(step_numbers("Step by step"), None);
        assert_eq!(step_numbers(" ---> Running in abc"), None);
    }
}
