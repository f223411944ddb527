//! Image builds from the embedded files.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptionsBuilder, RemoveImageOptionsBuilder};
use containai_core::disk_full;
use containai_core::engine::{EngineError, ShippedImage};
use containai_core::label;
use containai_core::lifecycle::{Event, EventListener};
use futures_util::TryStreamExt as _;

use super::log_tail::LogTail;
use super::{context, reference};
use crate::engine::DockerEngine;

/// The prefix of our scripts' messages about their stages.
const STAGE_PREFIX: &str = "==> ";

/// Whether the builder uses its cache.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BuildCache {
    /// The cache is used.
    #[default]
    Enabled,
    /// Every step runs again, downloads included.
    Disabled,
}

/// Builds the image on `base` and tags it with its local reference.
///
/// # Errors
///
/// - [`EngineError::BuildFailed`]: with the failed step's last lines.
/// - [`EngineError::NoSpace`]: the output reports a full disk.
pub(crate) async fn build(
    engine: &DockerEngine,
    image: ShippedImage,
    base: &str,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let reference = reference::local_reference(image);
    events.on_event(Event::Stage(&format!("building {reference} on {base}")));
    let build_env = engine.build_env();
    let archive = context::archive(image, &build_env.files())
        .map_err(|source| EngineError::HostFile { path: "build context".into(), source })?;
    let arguments = build_env.build_args().chain([("BASE_IMAGE", base)]).collect();
    let content = reference::content_digest(image);
    let agents = image.agents().join(",");
    let labels = HashMap::from([
        (label::IMAGE_NAME, image.name()),
        (label::IMAGE_CONTENT, content.as_str()),
        (label::IMAGE_VERSION, env!("CARGO_PKG_VERSION")),
        (label::AGENTS, agents.as_str()),
    ]);
    let options = BuildImageOptionsBuilder::default()
        .dockerfile("Dockerfile")
        .t(&reference)
        .buildargs(&arguments)
        .labels(&labels)
        .nocache(cache == BuildCache::Disabled)
        .rm(true)
        .forcerm(true)
        .build();
    let mut stream = std::pin::pin!(engine.docker().build_image(
        options,
        None,
        Some(bollard::body_full(archive.into()))
    ));
    let mut log = BuildLog { image: image.name(), ..BuildLog::default() };
    loop {
        match stream.try_next().await {
            Ok(None) => {
                remove_stage_images(engine, &log.stages, events).await;
                return Ok(reference);
            }
            Ok(Some(info)) => log.push(info, events),
            Err(Error::DockerStreamError { error }) => log.failed = Some(error),
            Err(error) => return Err(engine.map_error(error)),
        }
        if let Some(error) = log.failed.take() {
            let stages = log.all_stages();
            let error = log.into_error(&reference, &error);
            // The stages speed up the next build, unless the disk is full.
            if matches!(error, EngineError::NoSpace { .. }) {
                remove_stage_images(engine, &stages, events).await;
            }
            return Err(error);
        }
    }
}

/// Removes the images of all stages but the last, children before parents: they are large, and they
/// contain the host's registry settings.
async fn remove_stage_images(engine: &DockerEngine, stages: &[String], events: &dyn EventListener) {
    for stage in stages.iter().rev() {
        let options = RemoveImageOptionsBuilder::default().build();
        if let Err(error) = engine.docker().remove_image(stage, Some(options), None).await {
            events.on_event(Event::Notice(&format!("cannot remove build stage {stage}: {error}")));
        }
    }
}

/// The builder's output so far.
#[derive(Debug, Default)]
pub(crate) struct BuildLog {
    image: &'static str,
    step: String,
    /// The image of the latest step.
    layer: String,
    /// The final images of the completed stages.
    stages: Vec<String>,
    tail: LogTail,
    pub(crate) failed: Option<String>,
}

impl BuildLog {
    pub(crate) fn push(&mut self, info: BuildInfo, events: &dyn EventListener) {
        if let Some(message) = info.error_detail.and_then(|detail| detail.message) {
            self.failed = Some(message);
        }
        for line in self.tail.push(&info.stream.unwrap_or_default()) {
            if let Some((done, total)) = parse_step(&line) {
                self.step.clone_from(&line);
                // The output of an earlier step does not explain a later one.
                self.tail = LogTail::default();
                events.on_event(Event::Progress { done, total: Some(total) });
                if line.contains(" : FROM ") && !self.layer.is_empty() {
                    self.stages.push(std::mem::take(&mut self.layer));
                }
            } else if let Some(id) = parse_layer_id(&line) {
                self.layer = id.to_owned();
            } else if let Some(stage_name) = line.strip_prefix(STAGE_PREFIX) {
                let image = if self.image.is_empty() { "build" } else { self.image };
                events.on_event(Event::Stage(&format!("{image}: {stage_name}")));
            }
            events.on_event(Event::Output(&line));
        }
    }

    /// The images of all stages, the current one included.
    fn all_stages(&self) -> Vec<String> {
        let layer = Some(self.layer.clone()).filter(|layer| !layer.is_empty());
        self.stages.iter().cloned().chain(layer).collect()
    }

    pub(crate) fn into_error(self, image: &str, error: &str) -> EngineError {
        let mut tail = self.tail.into_lines();
        tail.push(error.replace(|c: char| c.is_control(), " "));
        build_failure(image, self.step, tail)
    }
}

/// Returns the error of a build that failed at a step, with its last lines.
pub(crate) fn build_failure(image: &str, step: String, tail: Vec<String>) -> EngineError {
    match tail.iter().find(|line| disk_full::is_reported(line)) {
        Some(line) => EngineError::NoSpace { message: format!("building `{image}`: {line}") },
        None => EngineError::BuildFailed { image: image.to_owned(), step, tail },
    }
}

/// Parses `Step 3/12 : RUN …`; a step that begins is not done yet.
fn parse_step(line: &str) -> Option<(u64, u64)> {
    let (numbers, _) = line.strip_prefix("Step ")?.split_once(' ')?;
    let (step, total) = numbers.split_once('/')?;
    Some((step.parse::<u64>().ok()?.saturating_sub(1), total.parse().ok()?))
}

/// Parses ` ---> 0aec1ea95c97`, the image that a step created or found in the cache.
fn parse_layer_id(line: &str) -> Option<&str> {
    let id = line.trim_start().strip_prefix("---> ")?;
    (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct StageEvents(Mutex<Vec<String>>);

    impl EventListener for StageEvents {
        fn on_event(&self, event: Event<'_>) {
            if let Event::Stage(text) = event {
                self.0.lock().expect("one thread").push(text.to_owned());
            }
        }
    }

    #[test]
    fn stage_images_are_recorded_and_stages_are_reported() {
        let mut log = BuildLog { image: "agents", ..BuildLog::default() };
        let events = StageEvents::default();
        for text in [
            "Step 1/5 : ARG BASE\nStep 2/5 : FROM x AS fetch\n ---> aaaaaaaaaaaa\n",
            "Step 3/5 : RUN fetch\n ---> Running in bbbbbbbbbbbb\n==> fetching\n",
            " ---> cccccccccccc\nStep 4/5 : FROM x\n ---> aaaaaaaaaaaa\n",
            "Step 5/5 : RUN true\n ---> dddddddddddd\nSuccessfully built dddddddddddd\n",
        ] {
            log.push(BuildInfo { stream: Some(text.into()), ..BuildInfo::default() }, &events);
        }
        assert_eq!(log.stages, ["cccccccccccc"]);
        assert_eq!(*events.0.lock().expect("one thread"), ["agents: fetching"]);
    }

    #[test]
    fn full_disk_is_reported_as_no_space() {
        let failed = |line: &str| {
            let mut log = BuildLog::default();
            for text in ["Step 3/5 : RUN fetch\n", line, "\n"] {
                let info = BuildInfo { stream: Some(text.into()), ..BuildInfo::default() };
                log.push(info, &StageEvents::default());
            }
            log.into_error("containai/agents:1", "returned a non-zero code: 1").to_string()
        };
        assert_eq!(
            failed("npm error code ENOSPC"),
            "no space left for the engine: building `containai/agents:1`: npm error code ENOSPC"
        );
        assert!(failed("tar: x: Cannot write: No space left on device").starts_with("no space"));
        assert!(failed("tar: x: Cannot open").starts_with("building image"));
    }

    #[test]
    fn step_numbers_are_parsed() {
        assert_eq!(parse_step("Step 3/12 : RUN true"), Some((2, 12)));
        assert_eq!(parse_step("Step by step"), None);
        assert_eq!(parse_step(" ---> Running in abc"), None);
    }
}
