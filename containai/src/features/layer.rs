//! The image layer that installs features.

use containai_core::devcontainer::{
    Devcontainer, FEATURES_DIR, FeatureLayer, Lifecycle, PackageEntry, entrypoint_program,
    feature_install_script, feature_stage, lifecycle_script,
};
use containai_core::network::CertificateSet;
use containai_core::template::{ContextEntry, CopySources};
use containai_docker::image::custom::{ContextPart, RecipeLayer};

use super::resolve::{FeatureContent, FeatureSet};
use crate::context_files::context_entries;

/// The script that installs a feature, in its directory.
const INSTALLER: &str = ".containai-install";

/// The layer of features and lifecycle commands, and what it is made of.
#[derive(Debug, Default)]
pub(crate) struct FeatureInputs {
    /// `None` if there is nothing to install.
    pub(crate) layer: Option<RecipeLayer>,
    pub(crate) has_lifecycle: bool,
    /// The files of the workspace in the layer.
    pub(crate) context: Vec<ContextEntry>,
    /// Everything else that decides on the layer.
    pub(crate) texts: Vec<String>,
}

/// Returns the layer that installs features as `user`, which rely on the certificates, and the programs that run their entry points
/// and all lifecycle commands.
pub(crate) fn feature_layer(
    devcontainer: &Devcontainer,
    set: &FeatureSet,
    user: &str,
    certificates: &CertificateSet,
) -> crate::Result<FeatureInputs> {
    let mut inputs = FeatureInputs::default();
    let (mut parts, mut environments, mut entrypoints) = (Vec::new(), Vec::new(), Vec::new());
    let mut lifecycle = Lifecycle::default();
    for (number, resolved) in set.features.iter().enumerate() {
        let manifest = &resolved.manifest;
        let prefix = format!("{FEATURES_DIR}/{number}");
        match &resolved.content {
            FeatureContent::Directory(dir) => {
                inputs.context.extend(context_entries(dir, &prefix, &CopySources::all())?);
                parts.push(ContextPart::Directory { dir: dir.clone(), prefix: prefix.clone() });
            }
            FeatureContent::Package(package, digest) => {
                inputs.texts.push(digest.to_string());
                let entries = package.entries().filter(|(path, _)| *path != INSTALLER);
                parts.extend(entries.filter_map(|(path, entry)| part(&prefix, path, entry)));
            }
        }
        let options = manifest.option_variables(&resolved.feature.options);
        let install = feature_install_script(&options, user);
        inputs.texts.push(install.clone());
        parts.push(ContextPart::text(format!("{prefix}/{INSTALLER}"), 0o755, install));
        environments.push(manifest.environment.clone());
        entrypoints.extend(manifest.entrypoint.clone());
        lifecycle.extend(manifest.lifecycle.clone());
    }
    lifecycle.extend(devcontainer.lifecycle.clone());
    let program = lifecycle_script(
        &lifecycle,
        devcontainer.remote_user.as_deref(),
        &devcontainer.workspace_folder.folder,
    );
    let entrypoints = entrypoint_program(&entrypoints);
    inputs.has_lifecycle = program.is_some();
    let layer = FeatureLayer {
        environments: &environments,
        has_certificates: !certificates.is_empty() && !environments.is_empty(),
        has_entrypoints: entrypoints.is_some(),
        has_lifecycle: program.is_some(),
    };
    // The certificates do not decide whether an image is current: it does not keep them.
    let stage = feature_stage(&layer);
    for (name, text) in [("entrypoints", entrypoints), ("devcontainer", program)] {
        inputs.texts.extend(text.clone());
        parts.extend(text.map(|text| ContextPart::text(name, 0o755, text)));
    }
    if !parts.is_empty() {
        let plain = FeatureLayer { has_certificates: false, ..layer };
        inputs.texts.push(feature_stage(&plain));
        if layer.has_certificates {
            parts.push(ContextPart::text("certificates.pem", 0o644, certificates.to_pem()));
        }
        inputs.layer = Some(RecipeLayer { dockerfile: stage, parts });
    }
    Ok(inputs)
}

/// Returns a part of the build context; directories are made with their files.
fn part(prefix: &str, path: &str, entry: &PackageEntry) -> Option<ContextPart> {
    let path = format!("{prefix}/{path}");
    Some(match entry {
        PackageEntry::Directory => return None,
        PackageEntry::File { mode, content } => {
            ContextPart::File { path, mode: *mode, content: content.clone() }
        }
        PackageEntry::Link(target) => ContextPart::Link { path, target: target.clone() },
    })
}
