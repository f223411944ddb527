//! Image sources, and the order in which they are tried.

use std::fs::{self, File};
use std::path::Path;

use bollard::query_parameters::TagImageOptionsBuilder;
use containai_core::engine::{EngineError, ImageRequest, ImageSource, ShippedImage};
use containai_core::label;
use containai_core::lifecycle::{Event, EventListener};

use super::build::BuildCache;
use super::pull::pull;
use super::store::{find, labels};
use super::{bootstrap, build, custom, reference};
use crate::engine::DockerEngine;
use crate::recipe::ImageRecipe;

/// The distribution image that a build pulls.
const DISTRIBUTION_IMAGE: &str = "ubuntu:24.04";

/// Ensures that the store has the image, from the first source that works.
pub(crate) async fn ensure(
    engine: &DockerEngine,
    image: &ImageRequest,
    source: ImageSource,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let _lock = lock_builds(engine.build_lock(), events).await?;
    match find(engine, image).await? {
        Some(reference) => Ok(reference),
        None => pull_or_build(engine, image, source, events).await,
    }
}

/// As [`ensure`], for an image that is missing, with the build lock held.
async fn pull_or_build(
    engine: &DockerEngine,
    image: &ImageRequest,
    source: ImageSource,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let recipe = match image {
        ImageRequest::Reference(reference) => engine.recipe(reference),
        ImageRequest::Shipped(_) => None,
    };
    if let Some(recipe) = recipe {
        return build_recipe(engine, recipe, source, BuildCache::Enabled, events).await;
    }
    match image {
        ImageRequest::Shipped(shipped) => {
            match try_pull_release(engine, *shipped, source, events).await? {
                Ok(reference) => Ok(reference),
                Err(tried) => {
                    build_with_parents(engine, *shipped, source, BuildCache::Enabled, tried, events)
                        .await
                }
            }
        }
        ImageRequest::Reference(reference) => match source {
            ImageSource::Auto | ImageSource::Pull => pull(engine, reference, events)
                .await
                .map(|()| reference.clone())
                .map_err(|reason| unavailable(image, vec![format!("pull: {reason}")])),
            ImageSource::Build | ImageSource::Bootstrap => {
                let reason = "only ContainAI images can be built".to_owned();
                Err(unavailable(image, vec![reason]))
            }
        },
    }
}

/// Builds the image even if the store has it; its parents are built only if missing.
pub(crate) async fn rebuild(
    engine: &DockerEngine,
    image: ShippedImage,
    source: ImageSource,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let _lock = lock_builds(engine.build_lock(), events).await?;
    build_with_parents(engine, image, source, cache, Vec::new(), events).await
}

/// Builds the image of a recipe even if the store has it; its parents are built only if missing.
pub(crate) async fn rebuild_recipe(
    engine: &DockerEngine,
    recipe: &ImageRecipe,
    source: ImageSource,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let _lock = lock_builds(engine.build_lock(), events).await?;
    build_recipe(engine, recipe, source, cache, events).await
}

/// Builds the image of a recipe, after its parent.
async fn build_recipe(
    engine: &DockerEngine,
    recipe: &ImageRecipe,
    source: ImageSource,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let parent = match recipe.source.parent() {
        None => None,
        Some(image) => match find(engine, image).await? {
            Some(reference) => Some(reference),
            // The parent may be the image of another recipe, so this call is recursive.
            None => Some(Box::pin(pull_or_build(engine, image, source, events)).await?),
        },
    };
    custom::build(engine, recipe, parent.as_deref(), cache, events).await
}

/// Pulls the released image if the source allows it. The inner error lists the failed attempts.
async fn try_pull_release(
    engine: &DockerEngine,
    image: ShippedImage,
    source: ImageSource,
    events: &dyn EventListener,
) -> Result<Result<String, Vec<String>>, EngineError> {
    if !matches!(source, ImageSource::Auto | ImageSource::Pull) {
        return Ok(Err(Vec::new()));
    }
    Ok(pull_release(engine, image, events).await?.map_err(|reason| {
        let reason = format!("pull: {reason}");
        events.on_event(Event::Notice(&reason));
        vec![reason]
    }))
}

/// Builds the image after its missing parents. If a registry does not have the image, its parents
/// are not pulled either: images are released together.
async fn build_with_parents(
    engine: &DockerEngine,
    image: ShippedImage,
    source: ImageSource,
    cache: BuildCache,
    mut tried: Vec<String>,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let mut missing = vec![image];
    let mut below = None;
    while let Some(parent) = missing[missing.len() - 1].parent() {
        below = find(engine, &ImageRequest::Shipped(parent)).await?;
        if below.is_some() {
            break;
        }
        missing.push(parent);
    }
    let mut base = match below {
        Some(base) => base,
        None => match ensure_distribution(engine, source, &mut tried, events).await? {
            Some(base) => base,
            None => return Err(unavailable(&ImageRequest::Shipped(image), tried)),
        },
    };
    for next in missing.into_iter().rev() {
        let cache = if next == image { cache } else { BuildCache::Enabled };
        base = build::build(engine, next, &base, cache, events).await?;
    }
    Ok(base)
}

/// Returns the distribution image, from the first source that works.
async fn ensure_distribution(
    engine: &DockerEngine,
    source: ImageSource,
    tried: &mut Vec<String>,
    events: &dyn EventListener,
) -> Result<Option<String>, EngineError> {
    let attempts: &[ImageSource] = match source {
        ImageSource::Auto => &[ImageSource::Build, ImageSource::Bootstrap],
        ImageSource::Build => &[ImageSource::Build],
        ImageSource::Bootstrap => &[ImageSource::Bootstrap],
        ImageSource::Pull => &[],
    };
    for attempt in attempts {
        let outcome = match attempt {
            ImageSource::Build => match pull(engine, DISTRIBUTION_IMAGE, events).await {
                Ok(()) => Ok(DISTRIBUTION_IMAGE.to_owned()),
                Err(reason) => Err(format!("build: {reason}")),
            },
            _ => bootstrap::ensure_base(engine, events)
                .await?
                .map_err(|reason| format!("bootstrap: {reason}")),
        };
        match outcome {
            Ok(base) => return Ok(Some(base)),
            Err(reason) => {
                events.on_event(Event::Notice(&reason));
                tried.push(reason);
            }
        }
    }
    Ok(None)
}

/// Pulls the released image and tags it with its local reference. The inner error is a reason to
/// try another source, for example that the image was built from other files than those embedded in
/// this program.
pub(crate) async fn pull_release(
    engine: &DockerEngine,
    image: ShippedImage,
    events: &dyn EventListener,
) -> Result<Result<String, String>, EngineError> {
    let released = reference::registry_reference(image);
    if let Err(reason) = pull(engine, &released, events).await {
        return Ok(Err(reason));
    }
    let labels = labels(engine, &released).await?;
    let content = reference::content_digest(image);
    if labels.get(label::IMAGE_CONTENT) != Some(content.as_str()) {
        return Ok(Err(format!(
            "`{released}` was built from other files than those of this version"
        )));
    }
    let local = reference::local_reference(image);
    let (repository, tag) = reference::split(&local);
    let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
    let tagged = engine.docker().tag_image(&released, Some(options)).await;
    tagged.map_err(|error| engine.map_error(error))?;
    Ok(Ok(local))
}

/// Waits until no other process builds an image. The lock is held until the file is closed.
async fn lock_builds(
    path: Option<&Path>,
    events: &dyn EventListener,
) -> Result<Option<File>, EngineError> {
    let Some(path) = path else { return Ok(None) };
    let host = |source| EngineError::HostFile { path: path.display().to_string(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(host)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(host)?;
    if file.try_lock().is_ok() {
        return Ok(Some(file));
    }
    events.on_event(Event::Stage("waiting for another cai process that builds an image"));
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
