//! The image of a `devcontainer.json`.

use std::collections::BTreeMap;

use super::error::DevcontainerError;
use super::fields::{Fields, wrong};
use super::path::below;

/// The image of a container. Paths are relative to the workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The configured image.
    Default,
    /// An image reference.
    Image(String),
    /// A Dockerfile in the workspace.
    Build {
        /// The Dockerfile.
        dockerfile: String,
        /// The build context; empty for the workspace itself.
        context: String,
        /// Build arguments.
        arguments: BTreeMap<String, String>,
        /// The target stage; `None` is the last one.
        target: Option<String>,
    },
}

impl Origin {
    /// Reads `image`, `build`, and the legacy properties `dockerFile` and `context`.
    pub(super) fn read(fields: Fields<'_>, folder: &str) -> Result<Self, DevcontainerError> {
        let unsupported =
            |key: &str, reason| DevcontainerError::Unsupported { key: key.to_owned(), reason };
        if fields.get("dockerComposeFile").is_some() {
            let reason = "a workspace has one container: run further services with the Docker engine inside it";
            return Err(unsupported("dockerComposeFile", reason));
        }
        let build = fields.object("build")?.map(Fields);
        if let Some(build) = build
            && !build.list("options")?.is_empty()
        {
            let reason = "`docker build` options would apply to this machine's engine";
            return Err(unsupported("build.options", reason));
        }
        let old = fields.text("dockerFile")?;
        let dockerfile = match build {
            Some(build) => build.text("dockerfile")?.or(build.text("dockerFile")?).or(old),
            None => old,
        };
        let Some(dockerfile) = dockerfile else {
            return Ok(match fields.text("image")? {
                Some(image) => Self::Image(reference(image)?),
                None => Self::Default,
            });
        };
        let nearest = build.map(|build| build.text("context")).transpose()?.flatten();
        let context = nearest.or(fields.text("context")?).unwrap_or(".");
        Ok(Self::Build {
            dockerfile: below(folder, dockerfile, "build.dockerfile")?,
            context: below(folder, context, "build.context")?,
            arguments: build.map(|build| build.texts("args")).transpose()?.unwrap_or_default(),
            target: build
                .map(|build| build.text("target"))
                .transpose()?
                .flatten()
                .map(str::to_owned),
        })
    }
}

fn reference(text: &str) -> Result<String, DevcontainerError> {
    match crate::config::parse_image(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(wrong("image", "an image reference such as `debian:12`")),
    }
}
