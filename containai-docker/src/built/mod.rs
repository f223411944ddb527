//! Custom images, built from a user's Dockerfile or image.
//!
//! An [`ImageRecipe`] names the resulting image. An engine with the recipe
//! ([`crate::DockerEngine::with_recipe`]) builds that image instead of pulling it.

mod build;
mod directory;
mod place;
mod recipe;
mod tarball;

pub use directory::ContextDirectory;
pub use place::ContextPlace;
pub use recipe::{Layer, Part, Recipe, Source};

pub(crate) use build::make;
