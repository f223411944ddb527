//! The image of a new container.

use crate::error::ResultExt as _;
use containai_core::config::{Config, DevcontainerChoice, Origin};
use containai_core::devcontainer::Devcontainer;
use containai_core::engine::{ExtraMount, ImageRequest};
use containai_core::naming::{TemplateName, WorkspacePath};
use containai_docker::DockerEngine;
use containai_docker::image::custom::ImageRecipe;

use crate::context::Context;
use crate::devcontainer_file::{AppliedDevcontainer, DevcontainerFile};
use crate::devcontainer_image;
use crate::features::{self, FeaturePins};
use crate::mounts;
use crate::templates::Template;

/// The image of a new container, and what it is built from.
#[derive(Clone, Debug)]
pub(crate) struct ImageSelection {
    pub(crate) image: ImageRequest,
    /// The template of the image.
    pub(crate) template: Option<TemplateName>,
    /// The `devcontainer.json` of the image.
    pub(crate) devcontainer: Option<Devcontainer>,
    /// The recipe of an image that is built for this workspace; `None` for an image that is
    /// pulled or shipped.
    pub(crate) recipe: Option<ImageRecipe>,
    /// The mounts that `devcontainer.json` adds.
    pub(crate) mounts: Vec<ExtraMount>,
}

impl ImageSelection {
    /// Selects the configured image. A template from a flag precedes a `devcontainer.json`.
    ///
    /// # Errors
    ///
    /// The template or the `devcontainer.json` is missing or invalid.
    pub(crate) async fn from_config(
        context: &Context,
        workspace: &WorkspacePath,
    ) -> crate::Result<Self> {
        let config = &context.config;
        let is_template_flag = matches!(config.template.origin, Origin::Flag(_));
        if !is_template_flag && let Some(applied) = context.devcontainer.clone()? {
            return Self::from_devcontainer(&applied, workspace, context).await;
        }
        let Some(name) = &config.template.value else {
            return Ok(Self::without_layers(config));
        };
        let recipe = Template::load(&context.env.layout, name)?.recipe(&config.image.value)?;
        Ok(Self {
            image: ImageRequest::Reference(recipe.reference.to_string()),
            template: Some(name.clone()),
            devcontainer: None,
            recipe: Some(recipe),
            mounts: Vec::new(),
        })
    }

    async fn from_devcontainer(
        applied: &AppliedDevcontainer,
        workspace: &WorkspacePath,
        context: &Context,
    ) -> crate::Result<Self> {
        let AppliedDevcontainer { file, content } = applied;
        let mut devcontainer = content
            .clone()
            .with_context(|| format!("cannot use `{}` of `{workspace}`", file.path))?;
        if !devcontainer.forward_ports.is_empty() && !file.is_approved() {
            let note = "`forwardPorts` are forwarded once `cai trust` approves the file";
            devcontainer.notes.push(note.to_owned());
        }
        let pins = FeaturePins::approved(file, workspace)?;
        let (env, reporter) = (&context.env, &context.reporter);
        let features =
            features::resolve(&devcontainer, file, workspace, &pins, env, reporter).await?;
        features.add_to(&mut devcontainer);
        let mounts = mounts::resolve(&devcontainer.mounts, context)?;
        let image = &context.config.image.value;
        let recipe =
            devcontainer_image::image_recipe(file, &devcontainer, workspace, image, &features)?;
        Ok(Self {
            image: ImageRequest::Reference(recipe.reference.to_string()),
            template: None,
            devcontainer: Some(devcontainer),
            recipe: Some(recipe),
            mounts,
        })
    }

    /// Selects the configured image without a template or a `devcontainer.json`.
    pub(crate) fn without_layers(config: &Config) -> Self {
        let image = config.image.value.clone();
        Self { image, template: None, devcontainer: None, recipe: None, mounts: Vec::new() }
    }

    /// Adds the recipe to the engine.
    pub(crate) fn register_recipe(&self, engine: DockerEngine) -> DockerEngine {
        match &self.recipe {
            Some(recipe) => engine.with_recipe(recipe.clone()),
            None => engine,
        }
    }

    /// Describes the commands of `devcontainer.json` that run in addition to the steps of a
    /// plan.
    pub(crate) fn devcontainer_notes(&self) -> Vec<String> {
        let Some(file) = &self.devcontainer else { return Vec::new() };
        let on_host = file.initialize.as_ref().map(|_| {
            "`initializeCommand` is run on this machine before the container is created or started"
        });
        let inside = (!file.lifecycle.is_empty())
            .then_some("commands of devcontainer.json are run inside before the session");
        on_host.into_iter().chain(inside).map(str::to_owned).collect()
    }
}

/// Returns a notice for a new container whose workspace has a `devcontainer.json` that is not
/// used, unless the configuration decides that.
pub(crate) fn unused_devcontainer_notice(
    context: &Context,
    workspace: &WorkspacePath,
) -> Option<String> {
    let Config { devcontainer, template, .. } = &context.config;
    if devcontainer.origin != Origin::Default || template.value.is_some() {
        return None;
    }
    let found = DevcontainerFile::find(&context.env, workspace, &DevcontainerChoice::Discovered);
    Some(format!("{} is not used; use it with `--devcontainer`", found.ok()??.path))
}
