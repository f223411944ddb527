//! Custom images, built from a user's Dockerfile or image.
//!
//! An [`ImageRecipe`] names the resulting image. An engine with the recipe
//! ([`crate::DockerEngine::with_recipe`]) builds that image instead of pulling it.

mod build;
mod build_context;
mod context_dir;
mod recipe;
mod tarball;

pub use build_context::BuildContext;
pub use context_dir::ContextDir;
pub use recipe::{ContextPart, ImageRecipe, RecipeLayer, RecipeSource};

pub(crate) use build::build;
