//! Recipes of custom images.

use std::collections::BTreeMap;
use std::fmt;

use containai_core::engine::{ImageRequest, ShippedImage};
use containai_core::naming::{BuiltImage, Fingerprint};
use containai_core::template::final_stage;

use super::ContextDir;
use crate::image;

/// The recipe of a custom image, and the reference of the resulting image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImageRecipe {
    /// The reference, derived from all inputs of the build.
    pub reference: BuiltImage,
    /// The fingerprint of all inputs of the build.
    pub fingerprint: Fingerprint,
    /// The user's source of the image.
    pub source: RecipeSource,
    /// The layers that are built on the source and the base system.
    pub layers: Vec<RecipeLayer>,
    /// The environment variables that the final stage sets.
    pub environment: BTreeMap<String, String>,
    /// The labels that the final stage sets.
    pub labels: Vec<(String, String)>,
}

/// The user's source of a custom image.
#[derive(Clone, Eq, PartialEq)]
pub enum RecipeSource {
    /// A Dockerfile and its context.
    Dockerfile {
        /// The context directory.
        context: ContextDir,
        /// The path of the Dockerfile in the context.
        path: String,
        /// The validated text of the Dockerfile, which is the text that is built.
        text: String,
        /// The image of `BASE_IMAGE`; `None` if the Dockerfile does not use it.
        base: Option<ImageRequest>,
        /// Other build arguments; values may be secret.
        arguments: BTreeMap<String, String>,
        /// The stage to build; `None`: the last one.
        target: Option<String>,
    },
    /// An image in the store or in a registry.
    Image(ImageRequest),
}

/// A generated Dockerfile that is built on the previous image, its `BASE_IMAGE`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecipeLayer {
    /// The Dockerfile.
    pub dockerfile: String,
    /// The files of its context.
    pub parts: Vec<ContextPart>,
}

/// A part of a build context.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContextPart {
    /// The contents of a directory of the host.
    Directory {
        /// The directory.
        dir: ContextDir,
        /// The path in the context; empty for the context itself.
        prefix: String,
    },
    /// A file; replaces an earlier one at its path.
    File {
        /// The path in the context.
        path: String,
        /// The permission bits.
        mode: u32,
        /// The content.
        content: Vec<u8>,
    },
}

impl ContextPart {
    /// Returns a text file.
    pub fn text(path: impl Into<String>, mode: u32, content: impl Into<String>) -> Self {
        Self::File { path: path.into(), mode, content: content.into().into_bytes() }
    }
}

impl ImageRecipe {
    /// Returns the inputs that all custom images share: the final stage, the script that it runs,
    /// and the base system.
    pub fn common_inputs() -> [String; 3] {
        let system = image::local_reference(ShippedImage::Base);
        [final_stage(&[], &BTreeMap::new()), super::build::BOOT_CHECK_SCRIPT.to_owned(), system]
    }
}

impl fmt::Debug for RecipeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dockerfile { context, base, arguments, target, .. } => f
                .debug_struct("Dockerfile")
                .field("context", context)
                .field("base", base)
                .field("arguments", &arguments.keys())
                .field("target", target)
                .finish_non_exhaustive(),
            Self::Image(image) => f.debug_tuple("Image").field(image).finish(),
        }
    }
}
