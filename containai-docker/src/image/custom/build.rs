//! Image builds from a recipe.

use std::collections::{BTreeMap, HashMap};
use std::io;

use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};
use bytes::Bytes;
use containai_core::devcontainer::merge_metadata;
use containai_core::engine::{EngineError, ShippedImage};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{Event, EventListener};
use containai_core::template::{BASE_IMAGE, BOOT_CHECK, ImageBuilder, final_stage, path_env};
use futures_util::{Stream, TryStreamExt as _};

use super::{buildkit, prepare, tarball};
use crate::engine::DockerEngine;
use crate::image::{self, BuildCache, BuildLog};
use crate::recipe::{ContextPart, ImageRecipe, RecipeSource};
use crate::upload;

/// The script that repairs the image and checks that it boots; its text is part of the image's
/// fingerprint.
const BOOT_CHECK_SCRIPT: &str = include_str!("../../../images/final-stage/boot-check");

/// The variable of the program search path.
const PATH_VARIABLE: &str = "PATH";
/// The name of a generated Dockerfile in its context.
const DOCKERFILE: &str = "Dockerfile";

/// Returns the inputs that all custom images share: the final stage, the script that it runs, and
/// the base system.
pub fn common_inputs() -> [String; 3] {
    let system = image::local_reference(ShippedImage::Base);
    [final_stage(&[], &BTreeMap::new()), BOOT_CHECK_SCRIPT.to_owned(), system]
}

/// Builds the image of a recipe; `parent` is the reference of [`RecipeSource::parent`].
///
/// The user's Dockerfile is built first and separately. If the result is not based on a ContainAI
/// image, the base system is added to it. The recipe's layers and the final stage are built on top.
///
/// # Errors
///
/// - [`EngineError::BuildFailed`]: with the failed step's last lines.
/// - [`EngineError::ReservedLabel`]: the image has a label of ContainAI.
pub(crate) async fn build(
    engine: &DockerEngine,
    recipe: &ImageRecipe,
    parent: Option<&str>,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let shown = recipe.reference.as_str();
    let made = match (&recipe.source, parent) {
        (RecipeSource::Image(_), Some(image)) => image.to_owned(),
        (_, Some(base)) => {
            events.on_event(Event::Stage(&format!("building {shown} on {base}")));
            build_user_image(engine, recipe, Some(base), cache, events).await?
        }
        (_, None) => {
            events.on_event(Event::Stage(&format!("building {shown}")));
            build_user_image(engine, recipe, None, cache, events).await?
        }
    };
    let (labels, before) = labels_and_path(engine, &made).await?;
    if let Some((label, _)) = labels.iter().find(|(key, _)| key.starts_with(label::RESERVED_PREFIX))
    {
        let (image, label) = (shown.to_owned(), label.to_owned());
        return Err(EngineError::ReservedLabel { image, label });
    }
    let on = match labels.get(label::IMAGE_NAME) {
        Some(_) => made,
        None => {
            events.on_event(Event::Stage(&format!("adding the ContainAI base system to {made}")));
            add_base_system(engine, shown, &made, events).await?
        }
    };
    let mut on = on;
    for layer in &recipe.layers {
        events.on_event(Event::Stage(&format!("adding a layer to {shown}")));
        let mut parts = layer.parts.clone();
        parts.push(ContextPart::text(DOCKERFILE, 0o644, &layer.dockerfile));
        on = run_build(engine, layer_options(engine, &on).build(), parts, shown, events).await?;
    }
    events.on_event(Event::Stage(&format!("checking that {shown} boots")));
    let (below, after) = labels_and_path(engine, &on).await?;
    let path = format!("{after}:{before}");
    build_final_stage(engine, &with_metadata(recipe, &below), &on, &path, events).await?;
    Ok(shown.to_owned())
}

/// Adds the metadata of the image below to that of the recipe.
fn with_metadata(recipe: &ImageRecipe, below: &Labels) -> ImageRecipe {
    let mut recipe = recipe.clone();
    for (key, value) in &mut recipe.labels {
        if key == label::DEVCONTAINER_METADATA {
            *value = merge_metadata(below.get(label::DEVCONTAINER_METADATA), value);
        }
    }
    recipe
}

/// Builds only the user's Dockerfile.
async fn build_user_image(
    engine: &DockerEngine,
    recipe: &ImageRecipe,
    on: Option<&str>,
    cache: BuildCache,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let shown = recipe.reference.as_str();
    let RecipeSource::Dockerfile { context, path, text, arguments, target, .. } = &recipe.source
    else {
        return Ok(on.unwrap_or_default().to_owned());
    };
    let given = arguments.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let builder = image::detect_builder(engine).await?;
    let (version, platform) = match builder {
        ImageBuilder::BuildKit | ImageBuilder::EarlyBuildKit => {
            (BuilderVersion::BuilderBuildKit, Vec::new())
        }
        ImageBuilder::Classic => {
            (BuilderVersion::BuilderV1, prepare::platform_arguments(engine).await?)
        }
    };
    let platform = platform.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let build_env = engine.build_env().build_args();
    let arguments: HashMap<_, _> =
        platform.chain(build_env).chain(given).chain(on.map(|on| (BASE_IMAGE, on))).collect();
    let options = BuildImageOptionsBuilder::default()
        .dockerfile(path)
        .buildargs(&arguments)
        .target(target.as_deref().unwrap_or_default())
        .nocache(cache == BuildCache::Disabled)
        .rm(true)
        .forcerm(true)
        .version(version)
        .build();
    let text = match builder {
        ImageBuilder::BuildKit | ImageBuilder::EarlyBuildKit => {
            prepare::images(engine, text, &arguments, target.as_deref(), events).await?
        }
        ImageBuilder::Classic => text.clone(),
    };
    prepare::check(&text, builder, shown)?;
    let parts = vec![
        ContextPart::Directory { dir: context.clone(), prefix: String::new() },
        ContextPart::text(path, 0o644, text),
    ];
    run_build(engine, options, parts, shown, events).await
}

/// Builds the ContainAI base system on another image.
async fn add_base_system(
    engine: &DockerEngine,
    shown: &str,
    on: &str,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let files = image::files(ShippedImage::Base).iter();
    let parts = files.map(|file| ContextPart::File {
        path: file.path.to_owned(),
        mode: file.mode,
        content: file.bytes.to_vec(),
    });
    run_build(engine, layer_options(engine, on).build(), parts.collect(), shown, events).await
}

/// Builds the final stage and tags the image with its reference.
async fn build_final_stage(
    engine: &DockerEngine,
    recipe: &ImageRecipe,
    on: &str,
    path: &str,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let environment = [(PATH_VARIABLE.to_owned(), path_env(path))].into();
    let labels: Vec<(&str, &str)> =
        recipe.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let parts = vec![
        ContextPart::text(DOCKERFILE, 0o644, final_stage(&labels, &environment)),
        ContextPart::text(BOOT_CHECK, 0o755, BOOT_CHECK_SCRIPT),
    ];
    let options = layer_options(engine, on).t(recipe.reference.as_str()).build();
    run_build(engine, options, parts, recipe.reference.as_str(), events).await
}

/// Returns the options of a generated build on an image.
fn layer_options(engine: &DockerEngine, image: &str) -> BuildImageOptionsBuilder {
    let build_env = engine.build_env().build_args();
    let arguments: HashMap<_, _> = build_env.chain([(BASE_IMAGE, image)]).collect();
    BuildImageOptionsBuilder::default()
        .dockerfile(DOCKERFILE)
        .buildargs(&arguments)
        .rm(true)
        .forcerm(true)
}

/// Runs a build in the engine and returns the image's id.
async fn run_build(
    engine: &DockerEngine,
    options: BuildImageOptions,
    parts: Vec<ContextPart>,
    shown: &str,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let (archive, packing) = tarball::stream(parts);
    let built = match options.version {
        BuilderVersion::BuilderBuildKit => {
            buildkit::build(engine, &options, archive, shown, events).await
        }
        BuilderVersion::BuilderV1 => follow_build(engine, options, archive, shown, events).await,
    };
    match packing.await {
        Ok(Err(source)) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(EngineError::HostFile { path: "build context".into(), source })
        }
        _ => built,
    }
}

async fn follow_build(
    engine: &DockerEngine,
    options: BuildImageOptions,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    shown: &str,
    events: &dyn EventListener,
) -> Result<String, EngineError> {
    let (archive, watch) = upload::watch(archive);
    let body = bollard::body_try_stream(archive);
    let docker = upload::client(engine.docker());
    let mut answers = std::pin::pin!(docker.build_image(options, None, Some(body)));
    let (mut log, mut id) = (BuildLog::default(), None);
    let mut answer = watch.guard(answers.try_next()).await;
    loop {
        match answer {
            Ok(Some(info)) => {
                id = info.aux.as_ref().and_then(|aux| aux.id.clone()).or(id);
                log.push(info, events);
            }
            Ok(None) => break,
            Err(Error::DockerStreamError { error }) => log.failed = Some(error),
            Err(error) => return Err(engine.map_error(error)),
        }
        if let Some(error) = log.failed.take() {
            return Err(log.into_error(shown, &error));
        }
        answer = answers.try_next().await;
    }
    id.ok_or_else(|| log.into_error(shown, "the engine did not report the image that it built"))
}

/// Returns the labels of an image and its `PATH`, which the base system would replace.
async fn labels_and_path(
    engine: &DockerEngine,
    image: &str,
) -> Result<(Labels, String), EngineError> {
    let inspected = engine.docker().inspect_image(image).await;
    let config = inspected.map_err(|error| engine.map_error(error))?.config.unwrap_or_default();
    let labels = config.labels.unwrap_or_default().into_iter().collect();
    let variables = config.env.unwrap_or_default();
    let path = variables.iter().find_map(|variable| variable.strip_prefix("PATH="));
    Ok((labels, path.unwrap_or_default().to_owned()))
}
