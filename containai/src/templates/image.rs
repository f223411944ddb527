//! Images of templates.

use containai_core::engine::{Engine as _, ImageRequest, ShippedImage};
use containai_docker::image::BuildCache;

use super::Template;
use crate::context::Context;

/// The image of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TemplateImage {
    /// The image exists and is up to date.
    Built(String),
    /// The configured base image has no such image, but this other one has.
    BuiltOn(String, ShippedImage),
    /// The image is missing or outdated.
    NotBuilt(String),
    /// The engine does not respond.
    Unknown(String),
    /// The template cannot be built, for this reason.
    Invalid(String),
}

impl Template {
    /// Returns the image of the template, without a build.
    ///
    /// # Errors
    ///
    /// The engine's address is invalid.
    pub async fn image(&self, context: &Context) -> crate::Result<TemplateImage> {
        let recipe = match self.recipe(&context.config.image.value) {
            Ok(recipe) => recipe,
            Err(error) => return Ok(TemplateImage::Invalid(error.to_string())),
        };
        let reference = recipe.reference.to_string();
        let request = ImageRequest::Reference(reference.clone());
        Ok(match context.engine()?.find_image(&request).await {
            Ok(Some(_)) => TemplateImage::Built(reference),
            Ok(None) => match self.built_on_other(context).await? {
                Some((reference, base)) => TemplateImage::BuiltOn(reference, base),
                None => TemplateImage::NotBuilt(reference),
            },
            Err(_) => TemplateImage::Unknown(reference),
        })
    }

    /// Returns an up-to-date image on another shipped base, and that base.
    async fn built_on_other(
        &self,
        context: &Context,
    ) -> crate::Result<Option<(String, ShippedImage)>> {
        let engine = context.engine()?;
        for base in ShippedImage::ALL {
            let reference = self.recipe(&ImageRequest::Shipped(base))?.reference.to_string();
            let request = ImageRequest::Reference(reference.clone());
            if engine.find_image(&request).await.ok().flatten().is_some() {
                return Ok(Some((reference, base)));
            }
        }
        Ok(None)
    }

    /// Returns the reference of the template's image, and whether [`Self::build`] would build it.
    ///
    /// # Errors
    ///
    /// The template is invalid, or the engine does not respond.
    pub async fn needs_build(
        &self,
        cache: BuildCache,
        context: &Context,
    ) -> crate::Result<(String, bool)> {
        let reference = self.recipe(&context.config.image.value)?.reference.to_string();
        if cache == BuildCache::Disabled {
            return Ok((reference, true));
        }
        let request = ImageRequest::Reference(reference.clone());
        let found = context.engine()?.find_image(&request).await?;
        Ok((reference, found.is_none()))
    }

    /// Builds the template's image; returns its reference.
    ///
    /// # Errors
    ///
    /// The template is invalid, or the build fails.
    pub async fn build(&self, cache: BuildCache, context: &Context) -> crate::Result<String> {
        let Context { config, reporter, .. } = context;
        let recipe = self.recipe(&config.image.value)?;
        let (engine, source) = (context.engine()?, config.image_source.value);
        let built = match cache {
            BuildCache::Disabled => engine.build_recipe(&recipe, source, cache, reporter).await,
            BuildCache::Enabled => {
                let image = ImageRequest::Reference(recipe.reference.to_string());
                engine.with_recipe(recipe).ensure_image(&image, source, reporter).await
            }
        };
        reporter.finish_work();
        Ok(built?)
    }
}
