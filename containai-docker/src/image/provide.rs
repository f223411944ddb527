//! The order in which the ways are tried.

use std::fs::{self, File};
use std::path::Path;

use bollard::errors::Error;
use bollard::query_parameters::TagImageOptionsBuilder;
use containai_core::engine::{EngineError, ImageRequest, ImageSource, ShippedImage};
use containai_core::lifecycle::{Event, Events};

use super::{bootstrap, build, pull, reference};
use crate::engine::DockerEngine;

/// The base that a build pulls.
const UBUNTU: &str = "ubuntu:24.04";

/// The reference of the image when it is in the store.
pub(crate) async fn find(
    engine: &DockerEngine,
    image: &ImageRequest,
) -> Result<Option<String>, EngineError> {
    let reference = match image {
        ImageRequest::Shipped(shipped) => reference::local_reference(*shipped),
        ImageRequest::Reference(reference) => reference.clone(),
    };
    match engine.docker().inspect_image(&reference).await {
        Ok(_) => Ok(Some(reference)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(engine.failure(error)),
    }
}

/// Gets the image into the store by the first way that works.
pub(crate) async fn provide(
    engine: &DockerEngine,
    image: &ImageRequest,
    source: ImageSource,
    events: &dyn Events,
) -> Result<String, EngineError> {
    let _turn = take_turn(engine.build_lock(), events).await?;
    if let Some(reference) = find(engine, image).await? {
        return Ok(reference);
    }
    match image {
        ImageRequest::Shipped(shipped) => provide_shipped(engine, *shipped, source, events).await,
        ImageRequest::Reference(reference) => match source {
            ImageSource::Auto | ImageSource::Pull => pull::pull(engine, reference, events)
                .await
                .map(|()| reference.clone())
                .map_err(|reason| unavailable(image, vec![format!("pull: {reason}")])),
            ImageSource::Build | ImageSource::Bootstrap => {
                let reason = "only images of ours can be built here".to_owned();
                Err(unavailable(image, vec![reason]))
            }
        },
    }
}

async fn provide_shipped(
    engine: &DockerEngine,
    image: ShippedImage,
    source: ImageSource,
    events: &dyn Events,
) -> Result<String, EngineError> {
    let ways: &[ImageSource] = match source {
        ImageSource::Auto => &[ImageSource::Pull, ImageSource::Build, ImageSource::Bootstrap],
        ImageSource::Pull => &[ImageSource::Pull],
        ImageSource::Build => &[ImageSource::Build],
        ImageSource::Bootstrap => &[ImageSource::Bootstrap],
    };
    let mut tried = Vec::new();
    for way in ways {
        let base = match way {
            ImageSource::Pull => match pull_released(engine, image, events).await? {
                Ok(reference) => return Ok(reference),
                Err(reason) => Err(format!("pull: {reason}")),
            },
            ImageSource::Build => match pull::pull(engine, UBUNTU, events).await {
                Ok(()) => Ok(UBUNTU.to_owned()),
                Err(reason) => Err(format!("build: {reason}")),
            },
            ImageSource::Auto | ImageSource::Bootstrap => bootstrap::base(engine, events)
                .await?
                .map_err(|reason| format!("bootstrap: {reason}")),
        };
        match base {
            Ok(base) => return build::build(engine, image, &base, events).await,
            Err(reason) => {
                events.event(Event::Notice(&reason));
                tried.push(reason);
            }
        }
    }
    Err(unavailable(&ImageRequest::Shipped(image), tried))
}

/// Pulls the released image and gives it its local name. The inner error is a
/// reason to try another way.
async fn pull_released(
    engine: &DockerEngine,
    image: ShippedImage,
    events: &dyn Events,
) -> Result<Result<String, String>, EngineError> {
    let released = reference::registry_reference(image);
    if let Err(reason) = pull::pull(engine, &released, events).await {
        return Ok(Err(reason));
    }
    let local = reference::local_reference(image);
    let (repository, tag) = reference::split(&local);
    let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
    let tagged = engine.docker().tag_image(&released, Some(options)).await;
    tagged.map_err(|error| engine.failure(error))?;
    Ok(Ok(local))
}

/// Waits until no other process makes an image; the file is the turn.
async fn take_turn(path: Option<&Path>, events: &dyn Events) -> Result<Option<File>, EngineError> {
    let Some(path) = path else { return Ok(None) };
    let host = |source| EngineError::Host { path: path.display().to_string(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(host)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(host)?;
    if file.try_lock().is_ok() {
        return Ok(Some(file));
    }
    events.event(Event::Stage("waiting for another cai that makes an image"));
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::Error(source)) => return Err(host(source)),
            Err(fs::TryLockError::WouldBlock) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

fn unavailable(image: &ImageRequest, tried: Vec<String>) -> EngineError {
    let tried = tried.into_iter().map(|line| line.replace(|c: char| c.is_control(), " ")).collect();
    EngineError::ImageUnavailable { image: image.to_string(), tried }
}
