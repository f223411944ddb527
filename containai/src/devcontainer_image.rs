//! The image of a `devcontainer.json`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::ResultExt as _;
use containai_core::devcontainer::{
    Devcontainer, DevcontainerImage, FEATURES_DIR, FeatureManifest, Lifecycle,
    feature_install_script, feature_stage, lifecycle_script,
};
use containai_core::engine::ImageRequest;
use containai_core::hint::Hint;
use containai_core::label;
use containai_core::layout::CONTAINER_USER;
use containai_core::naming::{BuiltImage, Fingerprint, WorkspacePath};
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
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted Dockerfile or feature manifest, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// The manifest of a feature.
const MANIFEST: &str = "devcontainer-feature.json";

/// Returns the recipe of the image. Files of the workspace are read without following links.
pub(crate) fn image_recipe(
    file: &DevcontainerFile,
    devcontainer: &Devcontainer,
    workspace: &WorkspacePath,
    default: &ImageRequest,
) -> crate::Result<ImageRecipe> {
    let mut context = Vec::new();
    let source = base_source(devcontainer, workspace, default, &mut context)?;
    let user = match devcontainer.remote_user.as_deref() {
        Some("root") => "root",
        _ => CONTAINER_USER,
    };
    let (layer, has_lifecycle) = feature_layer(devcontainer, workspace, user, &mut context)?;
    let fingerprint = recipe_fingerprint(&source, layer.as_ref(), devcontainer, &context);
    let mut labels = vec![
        (label::TEMPLATE_HASH.to_owned(), fingerprint.to_string()),
        (label::DEVCONTAINER.to_owned(), file.path.clone()),
    ];
    if has_lifecycle {
        labels.push((label::LIFECYCLE.to_owned(), "true".to_owned()));
    }
    let reference = BuiltImage::of_devcontainer(&fingerprint);
    Ok(ImageRecipe::new(reference, fingerprint, source)
        .with_layers(layer)
        .with_environment(devcontainer.container_env.clone())
        .with_labels(labels))
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
    let entries = context_entries(&place, &file.copy_sources())?;
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

/// Returns the layer with the features and the lifecycle program, and whether it has a lifecycle
/// program.
fn feature_layer(
    devcontainer: &Devcontainer,
    workspace: &WorkspacePath,
    user: &str,
    context: &mut Vec<ContextEntry>,
) -> crate::Result<(Option<RecipeLayer>, bool)> {
    let (mut parts, mut environments) = (Vec::new(), Vec::new());
    let mut lifecycle = Lifecycle::default();
    for (number, feature) in devcontainer.features.iter().enumerate() {
        let path = format!("{}/{MANIFEST}", feature.directory);
        let manifest = FeatureManifest::parse(&read_text(workspace, &path)?)
            .with_context(|| format!("cannot use `{path}`"))?;
        let root = workspace.as_path().to_owned();
        let place = ContextDir { root, subpath: feature.directory.clone() };
        let prefix = format!("{FEATURES_DIR}/{number}");
        context.extend(below_prefix(&prefix, context_entries(&place, &CopySources::all())?));
        parts.push(ContextPart::Directory { dir: place, prefix: prefix.clone() });
        let install = feature_install_script(&manifest.option_variables(&feature.options), user);
        parts.push(ContextPart::text(format!("{prefix}/.containai-install"), 0o755, install));
        environments.push(manifest.environment);
        lifecycle.extend(manifest.lifecycle);
    }
    lifecycle.extend(devcontainer.lifecycle.clone());
    let program = lifecycle_script(&lifecycle, devcontainer.remote_user.as_deref());
    let has_lifecycle = program.is_some();
    parts.extend(program.map(|program| ContextPart::text("devcontainer", 0o755, program)));
    if parts.is_empty() {
        return Ok((None, false));
    }
    let dockerfile = feature_stage(&environments.iter().collect::<Vec<_>>(), has_lifecycle);
    Ok((Some(RecipeLayer { dockerfile, parts }), has_lifecycle))
}

fn recipe_fingerprint(
    source: &RecipeSource,
    layer: Option<&RecipeLayer>,
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
    texts.extend(encode_pairs(&devcontainer.container_env));
    texts.extend(devcontainer.mounts.iter().map(|mount| format!("{mount:?}")));
    if let Some(layer) = layer {
        texts.push(layer.dockerfile.clone());
        texts.extend(layer.parts.iter().filter_map(|part| match part {
            ContextPart::File { content, .. } => {
                Some(String::from_utf8_lossy(content).into_owned())
            }
            ContextPart::Directory { .. } => None,
        }));
    }
    fingerprint(context, &texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Encodes the pairs unambiguously.
fn encode_pairs(pairs: &BTreeMap<String, String>) -> Option<String> {
    serde_json::to_string(pairs).ok()
}

fn context_entries(
    place: &ContextDir,
    copied: &CopySources,
) -> crate::Result<Vec<ContextEntry>> {
    let found = BuildContext::open(place).and_then(|directory| directory.entries(copied));
    let refused = found.map_err(|error| {
        let shown = place.root.join(&place.subpath);
        OperationError::usage(format!("cannot read `{}`: {error}", shown.display()))
            .hint(Hint::new("name a directory of the workspace whose path contains no link"))
    });
    Ok(refused?)
}

/// Moves entries below a directory of a larger context.
fn below_prefix(prefix: &str, entries: Vec<ContextEntry>) -> impl Iterator<Item = ContextEntry> {
    let move_entry =
        move |entry: ContextEntry| ContextEntry { path: format!("{prefix}/{}", entry.path), ..entry };
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
