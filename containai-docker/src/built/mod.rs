//! Images that are built here of what a user wrote.
//!
//! A [`Recipe`] names the image that it makes. An engine that knows the recipe
//! ([`crate::DockerEngine::with_recipe`]) builds the image where any other
//! would be pulled.

mod build;
mod directory;
mod place;
mod recipe;
mod tarball;

pub use directory::ContextDirectory;
pub use place::ContextPlace;
pub use recipe::{Layer, Part, Recipe, Source};

pub(crate) use build::make;
