//! Recipes of custom images, without access to the engine.

mod context_dir;
mod image_recipe;

pub use context_dir::ContextDir;
pub use image_recipe::{ContextPart, ImageRecipe, RecipeLayer, RecipeSource};
