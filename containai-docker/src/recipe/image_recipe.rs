//! Recipes of custom images.

use std::collections::BTreeMap;
use std::fmt;

use containai_core::engine::ImageRequest;
use containai_core::naming::{BuiltImage, Fingerprint};

use super::ContextDir;

/// The recipe of a custom image, and the reference of the resulting image.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ImageRecipe {
    /// The reference, derived from all inputs of the build.
    pub reference: BuiltImage,
    /// The fingerprint of all inputs of the build.
    pub fingerprint: Fingerprint,
    /// The user's source of the image.
    pub source: RecipeSource,
    /// The layers that are built on the source and the base system.
    pub layers: Vec<RecipeLayer>,
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
    /// A symbolic link.
    Link {
        /// The path in the context.
        path: String,
        /// The target.
        target: String,
    },
}

impl ContextPart {
    /// Returns a text file.
    pub fn text(path: impl Into<String>, mode: u32, content: impl Into<String>) -> Self {
        Self::File { path: path.into(), mode, content: content.into().into_bytes() }
    }
}

impl ImageRecipe {
    /// Describes an image that is built from a source, without further layers and labels.
    #[must_use]
    pub fn new(reference: BuiltImage, fingerprint: Fingerprint, source: RecipeSource) -> Self {
        Self { reference, fingerprint, source, layers: Vec::new(), labels: Vec::new() }
    }

    /// Adds layers on the source.
    #[must_use]
    pub fn with_layers(mut self, layers: impl IntoIterator<Item = RecipeLayer>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// Adds labels to the image.
    #[must_use]
    pub fn with_labels(mut self, labels: impl IntoIterator<Item = (String, String)>) -> Self {
        self.labels.extend(labels);
        self
    }
}

impl RecipeSource {
    /// Returns the image that has to be in the store before the build.
    pub(crate) fn parent(&self) -> Option<&ImageRequest> {
        match self {
            Self::Dockerfile { base, .. } => base.as_ref(),
            Self::Image(image) => Some(image),
        }
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
