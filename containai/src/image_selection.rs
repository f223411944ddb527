//! Which image a workspace wants, and what must be built for it.

use crate::error::ResultExt as _;
use containai_core::config::{Config, DevcontainerChoice, Origin};
use containai_core::devcontainer::Devcontainer;
use containai_core::engine::{ExtraMount, ImageRequest};
use containai_core::naming::{TemplateName, WorkspacePath};
use containai_docker::DockerEngine;
use containai_docker::built::ImageRecipe;

use crate::context::Context;
use crate::devcontainer_file::DevcontainerFile;
use crate::devcontainer_image;
use crate::mounts;
use crate::templates::Template;

/// Which image a workspace wants, and what must be built for it.
#[derive(Clone, Debug)]
pub(crate) struct ImageSelection {
    /// What a new container is made of.
    pub(crate) image: ImageRequest,
    /// The template that it is of.
    pub(crate) template: Option<TemplateName>,
    /// What the workspace says about its container, where that counts.
    pub(crate) devcontainer: Option<Devcontainer>,
    /// How it is built where it is not there; `None` for one that is pulled or
    /// that ships.
    pub(crate) recipe: Option<ImageRecipe>,
    /// What the container has besides, of what the workspace says.
    pub(crate) mounts: Vec<ExtraMount>,
}

impl ImageSelection {
    /// Reads what the configuration asks for. A template that was named just now
    /// comes before a `devcontainer.json` that counts for all times.
    ///
    /// # Errors
    ///
    /// A template or a `devcontainer.json` that there is not, or that cannot be
    /// followed.
    pub(crate) fn from_config(context: &Context, workspace: &WorkspacePath) -> crate::Result<Self> {
        let config = &context.config;
        let is_named = matches!(config.template.origin, Origin::Flag(_));
        let layout = &context.env.layout;
        if !is_named
            && let Some(file) =
                DevcontainerFile::find(&context.env, workspace, &config.devcontainer.value)?
        {
            return Self::from_devcontainer(&file, workspace, context);
        }
        let Some(name) = &config.template.value else {
            return Ok(Self::without_layers(config));
        };
        let recipe = Template::load(layout, name)?.recipe(&config.image.value)?;
        Ok(Self {
            image: ImageRequest::Reference(recipe.reference.to_string()),
            template: Some(name.clone()),
            devcontainer: None,
            recipe: Some(recipe),
            mounts: Vec::new(),
        })
    }

    fn from_devcontainer(
        file: &DevcontainerFile,
        workspace: &WorkspacePath,
        context: &Context,
    ) -> crate::Result<Self> {
        let read = file.read(workspace);
        let mut read =
            read.with_context(|| format!("cannot follow `{}` of `{workspace}`", file.path))?;
        if !read.forward_ports.is_empty() && !file.is_approved() {
            let note = "`forwardPorts` lead here once `cai trust` has approved the file";
            read.notes.push(note.to_owned());
        }
        let mounts = mounts::resolve(&read.mounts, context)?;
        let image = &context.config.image.value;
        let recipe = devcontainer_image::image_recipe(file, &read, workspace, image)?;
        Ok(Self {
            image: ImageRequest::Reference(recipe.reference.to_string()),
            template: None,
            devcontainer: Some(read),
            recipe: Some(recipe),
            mounts,
        })
    }

    /// The image that is configured, with nothing on top of it.
    pub(crate) fn without_layers(config: &Config) -> Self {
        let image = config.image.value.clone();
        Self { image, template: None, devcontainer: None, recipe: None, mounts: Vec::new() }
    }

    /// An engine that knows how to build it.
    pub(crate) fn register_recipe(&self, engine: DockerEngine) -> DockerEngine {
        match &self.recipe {
            Some(recipe) => engine.with_recipe(recipe.clone()),
            None => engine,
        }
    }
}

/// What is said when a container is made beside a `devcontainer.json` that does
/// not count.
pub(crate) fn unused_devcontainer_notice(
    context: &Context,
    workspace: &WorkspacePath,
) -> Option<String> {
    let is_open = context.config.devcontainer.origin == Origin::Default
        && context.config.template.value.is_none();
    let found = DevcontainerChoice::Discovered;
    let file = DevcontainerFile::find(&context.env, workspace, &found).ok()?;
    file.filter(|_| is_open)
        .map(|file| format!("{} does not count; `--devcontainer` has it do so", file.path))
}
