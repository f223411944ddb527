//! The image of a `devcontainer.json`.

use std::collections::BTreeMap;

use super::error::DevcontainerError;
use super::fields::{JsonFields, wrong_type};
use super::path::resolve_in_workspace;

/// The image of a container. Paths are relative to the workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DevcontainerImage {
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

impl DevcontainerImage {
    /// Reads `image`, `build`, and the legacy properties `dockerFile` and `context`.
    pub(super) fn read(fields: JsonFields<'_>, folder: &str) -> Result<Self, DevcontainerError> {
        let unsupported =
            |key: &str, reason| DevcontainerError::Unsupported { key: key.to_owned(), reason };
        if fields.get("dockerComposeFile").is_some() {
            let reason = "a workspace has one container: run further services with the Docker engine inside it";
            return Err(unsupported("dockerComposeFile", reason));
        }
        let build = fields.object("build")?.map(JsonFields);
        if let Some(build) = build
            && !build.array("options")?.is_empty()
        {
            let reason = "`docker build` options would apply to this machine's engine";
            return Err(unsupported("build.options", reason));
        }
        let old = fields.string("dockerFile")?;
        let dockerfile = match build {
            Some(build) => build.string("dockerfile")?.or(build.string("dockerFile")?).or(old),
            None => old,
        };
        let Some(dockerfile) = dockerfile else {
            return Ok(match fields.string("image")? {
                Some(image) => Self::Image(parse_reference(image)?),
                None => Self::Default,
            });
        };
        let nearest = build.map(|build| build.string("context")).transpose()?.flatten();
        let context = nearest.or(fields.string("context")?).unwrap_or(".");
        Ok(Self::Build {
            dockerfile: resolve_in_workspace(folder, dockerfile, "build.dockerfile")?,
            context: resolve_in_workspace(folder, context, "build.context")?,
            arguments: build.map(|build| build.string_map("args")).transpose()?.unwrap_or_default(),
            target: build
                .map(|build| build.string("target"))
                .transpose()?
                .flatten()
                .map(str::to_owned),
        })
    }
}

fn parse_reference(text: &str) -> Result<String, DevcontainerError> {
    match crate::config::is_image_reference(text) {
        true => Ok(text.to_owned()),
        false => Err(wrong_type("image", "an image reference such as `debian:12`")),
    }
}
