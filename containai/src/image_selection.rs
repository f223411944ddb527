//! The image of a new container.

use std::collections::BTreeMap;

use crate::error::ResultExt as _;
use containai_core::config::{Config, DevcontainerChoice, Origin};
use containai_core::devcontainer::{Approval, Devcontainer, DevcontainerError, DevcontainerImage};
use containai_core::engine::{ExtraMount, ImageRequest};
use containai_core::layout::CONTAINER_USER;
use containai_core::naming::{TemplateName, WorkspacePath};
use containai_docker::DockerEngine;
use containai_docker::image::custom::ImageRecipe;

use crate::context::Context;
use crate::devcontainer_file::{AppliedDevcontainer, DevcontainerFile};
use crate::devcontainer_image;
use crate::features::{self, FeaturePins};
use crate::host_facts::local_capacity;
use crate::host_network;
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
        let unusable = || format!("cannot use `{}` of `{workspace}`", file.path);
        let image = &context.config.image.value;
        if let Err(DevcontainerError::Untrusted { .. }) = content {
            // Nobody has to read and approve a file that cannot be followed.
            let assumed = file.with_approval(Approval::Given).parse(workspace);
            let mut assumed = assumed.with_context(unusable)?;
            mounts::resolve(&assumed.mounts, context, &mut assumed.plan)?;
            devcontainer_image::check_source(&assumed, workspace, image)?;
        }
        let mut devcontainer = content.clone().with_context(unusable)?;
        if !devcontainer.forward_ports.is_empty() && !file.is_approved() {
            let reason = "ports are forwarded once `cai trust` approves the file";
            devcontainer.plan.left_out("forwardPorts", reason);
        }
        let limits = context.config.resources(local_capacity());
        devcontainer.requirements.compare(&limits, &mut devcontainer.plan);
        let pins = FeaturePins::approved(file, workspace)?;
        let (env, reporter) = (&context.env, &context.reporter);
        let features =
            features::resolve(&devcontainer, file, workspace, &pins, env, reporter).await?;
        features.add_to(&mut devcontainer);
        let mounts = mounts::resolve(&devcontainer.mounts, context, &mut devcontainer.plan)?;
        let certificates = host_network::certificates_of(&context.env, &context.config);
        let recipe = devcontainer_image::image_recipe(
            file,
            &devcontainer,
            workspace,
            image,
            &features,
            &certificates,
        )?;
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
    /// plan, and the properties that the container does not follow to the letter.
    pub(crate) fn devcontainer_notes(&self) -> Vec<String> {
        let Some(file) = &self.devcontainer else { return Vec::new() };
        let on_host = file.initialize.as_ref().map(|_| {
            "`initializeCommand` is run on this machine before the container is created or started"
        });
        let inside = (!file.lifecycle.is_empty())
            .then_some("commands of devcontainer.json are run inside before the session");
        let commands = on_host.into_iter().chain(inside).map(str::to_owned);
        let entries = file.plan.entries().iter();
        commands.chain(entries.map(|entry| format!("devcontainer.json: {entry}"))).collect()
    }

    /// Returns what a container gets from `devcontainer.json`, by the name of each fact. Values of
    /// session variables may be secret and are left out.
    pub(crate) fn devcontainer_facts(
        &self,
        default: &ImageRequest,
    ) -> BTreeMap<&'static str, String> {
        let Some(file) = &self.devcontainer else { return BTreeMap::new() };
        let listed = |items: Vec<String>| (!items.is_empty()).then(|| items.join(", "));
        let base = match &file.image {
            DevcontainerImage::Default => default.to_string(),
            DevcontainerImage::Image(image) => image.clone(),
            DevcontainerImage::Build { dockerfile, .. } => format!("built from {dockerfile}"),
        };
        let user = match file.remote_user.as_deref() {
            None => CONTAINER_USER.to_owned(),
            Some(user) => format!("{CONTAINER_USER}; commands of the file: {user}"),
        };
        let assigned = file.container_env.iter();
        let assigned = assigned.chain(file.derived_env.iter().map(|(name, value)| (name, value)));
        let variables = assigned.map(|(name, value)| format!("{name}={value}"));
        let secret = file.session_env.keys().map(|name| format!("{name} (sessions)"));
        let facts = [
            ("base", Some(base)),
            ("user", Some(user)),
            ("folder", Some(file.workspace_folder.folder.clone())),
            ("ports", listed(file.forward_ports.iter().map(ToString::to_string).collect())),
            ("hosts", listed(file.hosts.iter().map(ToString::to_string).collect())),
            ("env", listed(variables.chain(secret).collect())),
        ];
        facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
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
    match DevcontainerFile::find(&context.env, workspace, &DevcontainerChoice::Discovered) {
        Ok(found) => Some(format!("{} is not used; use it with `--devcontainer`", found?.path)),
        Err(error) => Some(format!("no devcontainer.json is used: {error}")),
    }
}
