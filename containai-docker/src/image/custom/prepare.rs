//! The Dockerfile of a user, as a builder gets it.

use std::collections::{BTreeMap, HashMap};

use containai_core::engine::{EngineError, ImageRequest};
use containai_core::lifecycle::{Event, EventListener};
use containai_core::template::{
    Dockerfile, ImageBuilder, Severity, check_dockerfile, without_syntax,
};

use crate::engine::DockerEngine;
use crate::image;

/// Pulls the images that BuildKit needs, because it cannot ask for access to a registry without a
/// session; the store precedes registries. Returns the text to build: without its frontend if that
/// cannot be pulled, so that the builder's own reads it.
pub(super) async fn images(
    engine: &DockerEngine,
    text: &str,
    arguments: &HashMap<&str, &str>,
    target: Option<&str>,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    // It was checked before the build.
    let Ok(file) = Dockerfile::parse(text) else { return Ok(text.to_owned()) };
    let given: BTreeMap<String, String> =
        arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for image in file.external_images(&given, target) {
        if let Err(reason) = provide(engine, &image, events).await? {
            let tried = vec![format!("pull: {reason}")];
            return Err(EngineError::ImageUnavailable { image, tried });
        }
    }
    let Some(frontend) = file.syntax() else { return Ok(text.to_owned()) };
    Ok(match provide(engine, frontend, events).await? {
        Ok(()) => text.to_owned(),
        Err(reason) => {
            events.on_event(Event::Notice(&format!(
                "building without `# syntax={frontend}`: {reason}"
            )));
            without_syntax(text)
        }
    })
}

/// Pulls an image that is missing. The inner error is the registry's message.
async fn provide(
    engine: &DockerEngine,
    image: &str,
    events: &dyn EventListener,
) -> Result<Result<(), String>, EngineError> {
    match image::find(engine, &ImageRequest::Reference(image.to_owned())).await? {
        Some(_) => Ok(Ok(())),
        None => Ok(image::pull(engine, image, events).await),
    }
}

/// Returns the platform arguments that BuildKit predefines. A Dockerfile gets those that it declares.
pub(super) async fn platform_arguments(
    engine: &DockerEngine,
) -> Result<Vec<(String, String)>, EngineError> {
    let version = engine.docker().version().await.map_err(|error| engine.map_error(error))?;
    let arch = version.arch.unwrap_or_default();
    let arguments = ["TARGET", "BUILD"].into_iter().flat_map(|side| {
        let platform = format!("linux/{arch}");
        [("PLATFORM", platform), ("OS", "linux".to_owned()), ("ARCH", arch.clone())]
            .map(|(what, value)| (format!("{side}{what}"), value))
    });
    Ok(arguments.collect())
}

/// Refuses what the builder cannot build, with the lines. A frontend from a registry reads everything.
pub(super) fn check(text: &str, builder: ImageBuilder, shown: &str) -> Result<(), EngineError> {
    let Ok(file) = Dockerfile::parse(text) else { return Ok(()) };
    let builder = match builder {
        ImageBuilder::EarlyBuildKit if file.syntax().is_some() => ImageBuilder::BuildKit,
        other => other,
    };
    let findings = check_dockerfile(&file, builder);
    let refused: Vec<_> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    match refused.first() {
        None => Ok(()),
        Some(first) => Err(EngineError::BuildFailed {
            image: shown.to_owned(),
            step: format!("line {}", first.line),
            tail: refused.iter().map(|finding| finding.to_string()).collect(),
        }),
    }
}
