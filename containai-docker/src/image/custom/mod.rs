//! Custom images, built from a user's Dockerfile or image.
//!
//! An [`ImageRecipe`] names the resulting image. An engine with the recipe
//! ([`crate::DockerEngine::with_recipe`]) builds that image instead of pulling it.

mod build;
mod build_context;
mod build_trace;
mod buildkit;
mod prepare;
mod tarball;

pub use crate::recipe::{ContextDir, ContextPart, ImageRecipe, RecipeLayer, RecipeSource};
pub use build::common_inputs;
pub use build_context::BuildContext;

pub(super) use build::build;
