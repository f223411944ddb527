//! The image of a `devcontainer.json`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, wrong_type};
use super::keys::is_empty;
use super::path::resolve_in_workspace;
use super::plan::DevcontainerPlan;

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
    pub(super) fn read(
        fields: JsonFields<'_>,
        folder: &str,
        plan: &mut DevcontainerPlan,
    ) -> Result<Self, DevcontainerError> {
        let unsupported =
            |key: &str, reason| DevcontainerError::Unsupported { key: key.to_owned(), reason };
        if fields.get("dockerComposeFile").is_some() {
            let reason = "a workspace has one container: run further services with the Docker engine inside it";
            return Err(unsupported("dockerComposeFile", reason));
        }
        let build = fields.object("build")?.map(JsonFields);
        let options = build.map(|build| BuildOptions::read(build, plan)).transpose()?;
        let options = options.unwrap_or_default();
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
        let dockerfile = resolve_in_workspace(folder, dockerfile, "build.dockerfile")?;
        let context = match nearest.or(fields.string("context")?) {
            Some(context) => resolve_in_workspace(folder, context, "build.context")?,
            // The specification says `.`; every implementation takes the Dockerfile's directory.
            None => dockerfile.rsplit_once('/').map_or_else(String::new, |(above, _)| above.into()),
        };
        Ok(Self::Build {
            dockerfile,
            context,
            arguments: options.arguments,
            target: options.target,
        })
    }
}

/// The arguments and the target of a build.
#[derive(Clone, Debug, Default)]
struct BuildOptions {
    arguments: BTreeMap<String, String>,
    target: Option<String>,
}

impl BuildOptions {
    /// Reads `build.args`, `build.target`, and `build.options`, which are those of
    /// docker-build(1). Options would apply to the engine of this machine, so most have no effect.
    fn read(build: JsonFields<'_>, plan: &mut DevcontainerPlan) -> Result<Self, DevcontainerError> {
        let mut read = Self {
            arguments: build.string_map("args")?,
            target: build.string("target")?.map(str::to_owned),
        };
        if build.get("cacheFrom").is_some_and(|it| !is_empty(it)) {
            plan.left_out("build.cacheFrom", "the engine has a cache of its own");
        }
        let mut words = build.array("options")?.iter().filter_map(Value::as_str);
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, value),
                None if WITH_VALUE.contains(&word) => (word, words.next().unwrap_or_default()),
                None => (word, ""),
            };
            let property = format!("build.options {name}");
            match (name, value.split_once('=')) {
                ("--build-arg", Some((name, value))) => {
                    read.arguments.insert(name.to_owned(), value.to_owned());
                }
                ("--target", _) => read.target = Some(value.to_owned()),
                (
                    "--no-cache" | "--pull" | "--progress" | "--quiet" | "--label" | "--platform",
                    _,
                ) => {
                    plan.left_out(property, "the engine of `cai` builds the image");
                }
                ("--network", _) => {
                    plan.left_out(property, "builds have the network of the engine of `cai`");
                }
                _ => plan.refused(property, "it would apply to the engine of this machine"),
            }
        }
        Ok(read)
    }
}

/// Options of docker-build(1) whose value may be the next word.
const WITH_VALUE: [&str; 7] =
    ["--build-arg", "--target", "--progress", "--label", "--platform", "--network", "--ssh"];

fn parse_reference(text: &str) -> Result<String, DevcontainerError> {
    match crate::config::is_image_reference(text) {
        true => Ok(text.to_owned()),
        false => Err(wrong_type("image", "an image reference such as `debian:12`")),
    }
}
