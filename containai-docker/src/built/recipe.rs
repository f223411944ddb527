//! How an image is built of what a user wrote.

use std::collections::BTreeMap;
use std::fmt;

use containai_core::engine::{ImageRequest, ShippedImage};
use containai_core::naming::{BuiltImage, Fingerprint};
use containai_core::template::wrapping;

use super::ContextPlace;
use crate::image;

/// How an image is built of what a user wrote, and under which reference it is
/// then found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipe {
    /// The reference, made from all that the image is built of.
    pub reference: BuiltImage,
    /// All that it is built of, in a few characters.
    pub fingerprint: Fingerprint,
    /// What the user wrote.
    pub source: Source,
    /// What is built on that and on the system of ours.
    pub layers: Vec<Layer>,
    /// The variables that the image gets at the end.
    pub environment: BTreeMap<String, String>,
    /// The labels that it gets.
    pub labels: Vec<(String, String)>,
}

/// What a user wrote.
#[derive(Clone, Eq, PartialEq)]
pub enum Source {
    /// A Dockerfile and what it copies.
    Dockerfile {
        /// The directory that it copies from.
        context: ContextPlace,
        /// Where the Dockerfile stands below that directory.
        path: String,
        /// The text that was judged, and is what is built.
        text: String,
        /// The image of `BASE_IMAGE`; `None` where the Dockerfile takes none.
        base: Option<ImageRequest>,
        /// Other build arguments. Values may be secret.
        arguments: BTreeMap<String, String>,
        /// The stage to build; `None` is the last one.
        target: Option<String>,
    },
    /// An image that is there, or that a registry has.
    Image(ImageRequest),
}

/// One Dockerfile of ours that is built on what is there so far, which is its
/// `BASE_IMAGE`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layer {
    /// The Dockerfile.
    pub dockerfile: String,
    /// What it copies.
    pub parts: Vec<Part>,
}

/// Something in the context of a build.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// What is in a directory of the host.
    Directory {
        /// The directory.
        place: ContextPlace,
        /// Where it stands in the context; empty for the context itself.
        prefix: String,
    },
    /// A file; one that stands there already gives way.
    File {
        /// Where it stands in the context.
        path: String,
        /// Its permissions.
        mode: u32,
        /// What it holds.
        content: Vec<u8>,
    },
}

impl Part {
    /// A file of text.
    pub fn text(path: impl Into<String>, mode: u32, content: impl Into<String>) -> Self {
        Self::File { path: path.into(), mode, content: content.into().into_bytes() }
    }
}

impl Recipe {
    /// What every image that is built here depends on besides what the user
    /// wrote: the last stage, what it runs, and the system that an image gets
    /// which has none.
    pub fn foundation() -> [String; 3] {
        let system = image::local_reference(ShippedImage::Base);
        [wrapping(&[], &BTreeMap::new()), super::build::PROOF_SCRIPT.to_owned(), system]
    }
}

impl fmt::Debug for Source {
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
