//! The image of a `devcontainer.json`.

use std::collections::BTreeMap;
use std::path::Path;

use containai_core::devcontainer::{
    ContainerStage, Devcontainer, DevcontainerImage, WorkspaceFolder, WorkspacePlace,
};
use containai_core::engine::ImageRequest;
use containai_core::hint::Hint;
use containai_core::label;
use containai_core::layout::{CONTAINER_USER, CONTAINER_WORKSPACE};
use containai_core::naming::{BuiltImage, Fingerprint, WorkspacePath};
use containai_core::network::CertificateSet;
use containai_core::template::{
    ContextEntry, CopySources, Dockerfile, ImageBuilder, Severity, check_dockerfile, check_sources,
    fingerprint,
};
use containai_docker::image::custom::{
    self, BuildContext, ContextDir, ContextPart, ImageRecipe, RecipeLayer, RecipeSource,
};
use containai_docker::image::local_reference;

use crate::devcontainer_file::DevcontainerFile;
use crate::error::OperationError;
use crate::features::{FeatureInputs, FeatureSet, feature_layer};
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted Dockerfile or feature manifest, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Returns the recipe of the image. Files of the workspace are read without following links.
pub(crate) fn image_recipe(
    file: &DevcontainerFile,
    devcontainer: &Devcontainer,
    workspace: &WorkspacePath,
    default: &ImageRequest,
    features: &FeatureSet,
    certificates: &CertificateSet,
) -> crate::Result<ImageRecipe> {
    let mut context = Vec::new();
    let source = base_source(devcontainer, workspace, default, &mut context)?;
    let user = match devcontainer.remote_user.as_deref() {
        Some("root") => "root",
        _ => CONTAINER_USER,
    };
    let FeatureInputs { layer, has_lifecycle, context: files, mut texts } =
        feature_layer(devcontainer, features, user, certificates)?;
    context.extend(files);
    let container = container_layer(devcontainer, &mut texts);
    let layers: Vec<_> = layer.into_iter().chain([container]).collect();
    let fingerprint = recipe_fingerprint(&source, &texts, devcontainer, &context);
    let mut labels = vec![
        (label::TEMPLATE_HASH.to_owned(), fingerprint.to_string()),
        (label::DEVCONTAINER.to_owned(), file.path.clone()),
    ];
    if has_lifecycle {
        labels.push((label::LIFECYCLE.to_owned(), "true".to_owned()));
    }
    labels.extend(folder_labels(&devcontainer.workspace_folder));
    if let Some(metadata) = &devcontainer.editor.metadata {
        labels.push((label::DEVCONTAINER_METADATA.to_owned(), metadata.clone()));
    }
    let reference = BuiltImage::of_devcontainer(&fingerprint);
    Ok(ImageRecipe::new(reference, fingerprint, source).with_layers(layers).with_labels(labels))
}

/// Returns the labels that say where sessions start.
fn folder_labels(folder: &WorkspaceFolder) -> Vec<(String, String)> {
    let place = match &folder.place {
        WorkspacePlace::At(place) => Some(place.to_string()),
        WorkspacePlace::Default | WorkspacePlace::Nowhere => None,
    };
    let place = place.map(|place| (label::WORKSPACE_PLACE.to_owned(), place));
    let folder = (folder.folder != CONTAINER_WORKSPACE).then(|| folder.folder.clone());
    let folder = folder.map(|folder| (label::WORKSPACE_FOLDER.to_owned(), folder));
    folder.into_iter().chain(place).collect()
}

/// Checks that the file's own Dockerfile and context can be read and built, without a change.
pub(crate) fn check_source(
    devcontainer: &Devcontainer,
    workspace: &WorkspacePath,
    default: &ImageRequest,
) -> crate::Result<()> {
    base_source(devcontainer, workspace, default, &mut Vec::new()).map(drop)
}

/// Returns the layer with what every process in the container sees, and adds its texts.
fn container_layer(devcontainer: &Devcontainer, texts: &mut Vec<String>) -> RecipeLayer {
    let ContainerStage { dockerfile, files, .. } = ContainerStage::of(devcontainer);
    texts.push(dockerfile.clone());
    texts.extend(files.iter().map(|(_, text)| text.clone()));
    let part = |(path, text): (&str, String)| {
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        ContextPart::text(path, mode, text)
    };
    RecipeLayer { dockerfile, parts: files.into_iter().map(part).collect() }
}

fn base_source(
    devcontainer: &Devcontainer,
    workspace: &WorkspacePath,
    default: &ImageRequest,
    context: &mut Vec<ContextEntry>,
) -> crate::Result<RecipeSource> {
    let (dockerfile, below, arguments, target) = match &devcontainer.image {
        DevcontainerImage::Default => return Ok(RecipeSource::Image(default.clone())),
        DevcontainerImage::Image(image) => {
            return Ok(RecipeSource::Image(ImageRequest::Reference(image.clone())));
        }
        DevcontainerImage::Build { dockerfile, context, arguments, target } => {
            (dockerfile, context, arguments, target)
        }
    };
    let text = read_text(workspace, dockerfile)?;
    let refuse = |reason: String| {
        OperationError::usage(format!("`{dockerfile}` cannot be built: {reason}"))
            .hint(Hint::new("correct it, or ignore it with `--devcontainer=off`"))
    };
    let file = Dockerfile::parse(&text).map_err(|error| refuse(error.to_string()))?;
    let place = ContextDir { root: workspace.as_path().to_owned(), subpath: below.clone() };
    let entries = directory_entries(&place, &file.copy_sources())?;
    let mut findings = check_dockerfile(&file, ImageBuilder::BuildKit);
    findings.extend(check_sources(&file, target.as_deref(), &entries));
    if let Some(error) = findings.iter().find(|it| it.severity == Severity::Error) {
        return Err(refuse(format!("line {}: {}", error.line, error.text)).into());
    }
    context.extend(below_prefix("context", entries));
    let inside = match below.as_str() {
        "" => Some(dockerfile.as_str()),
        below => dockerfile.strip_prefix(below).and_then(|path| path.strip_prefix('/')),
    };
    Ok(RecipeSource::Dockerfile {
        context: place,
        // A Dockerfile outside the context is added under an unused name.
        path: inside.unwrap_or(".containai.Dockerfile").to_owned(),
        base: file.declares_base_image().then(|| default.clone()),
        text,
        arguments: arguments.clone(),
        target: target.clone(),
    })
}

fn recipe_fingerprint(
    source: &RecipeSource,
    layer: &[String],
    devcontainer: &Devcontainer,
    context: &[ContextEntry],
) -> Fingerprint {
    let name = |image: &ImageRequest| match image {
        ImageRequest::Shipped(image) => local_reference(*image),
        ImageRequest::Reference(reference) => reference.clone(),
    };
    let mut texts: Vec<String> = custom::common_inputs().to_vec();
    match source {
        RecipeSource::Image(image) => texts.push(name(image)),
        RecipeSource::Dockerfile { text, base, arguments, target, path, .. } => {
            texts.extend([text.clone(), path.clone(), target.clone().unwrap_or_default()]);
            texts.extend(base.as_ref().map(name));
            texts.extend(encode_pairs(arguments));
        }
    }
    texts.extend(devcontainer.hosts.iter().map(|host| format!("{host:?}")));
    texts.extend(devcontainer.mounts.iter().map(|mount| format!("{mount:?}")));
    texts.extend(layer.iter().cloned());
    fingerprint(context, &texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Encodes the pairs unambiguously.
fn encode_pairs(pairs: &BTreeMap<String, String>) -> Option<String> {
    serde_json::to_string(pairs).ok()
}

fn directory_entries(
    place: &ContextDir,
    copied: &CopySources,
) -> Result<Vec<ContextEntry>, OperationError> {
    let found = BuildContext::open(place).and_then(|directory| directory.entries(copied));
    found.map_err(|error| {
        let shown = place.root.join(&place.subpath);
        OperationError::usage(format!("cannot read `{}`: {error}", shown.display()))
            .hint(Hint::new("name a directory of the workspace whose path contains no link"))
    })
}

fn below_prefix(prefix: &str, entries: Vec<ContextEntry>) -> impl Iterator<Item = ContextEntry> {
    let move_entry = move |entry: ContextEntry| ContextEntry {
        path: format!("{prefix}/{}", entry.path),
        ..entry
    };
    entries.into_iter().map(move_entry)
}

fn read_text(workspace: &WorkspacePath, path: &str) -> crate::Result<String> {
    let read = workspace_file::read(workspace, Path::new(path), FollowLinks::Never, MAX_BYTES);
    let reason = match read {
        Ok(Some(text)) => return Ok(text),
        Ok(None) => "it does not exist".to_owned(),
        Err(refused) => refused.to_string(),
    };
    Err(OperationError::usage(format!("cannot read `{path}` in `{workspace}`: {reason}"))
        .hint(Hint::new("correct `devcontainer.json`, or ignore it with `--devcontainer=off`"))
        .into())
}
