//! Images and their sources.

use std::fmt;
use std::str::FromStr;

/// The agents in the image layer for agents.
const INSTALLED_AGENTS: &[&str] =
    &["claude", "codex", "copilot", "gemini", "kimi", "opencode", "pi"];

/// The shipped images.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ShippedImage {
    /// systemd, sshd, Docker, git and some tools.
    Base,
    /// [`Base`](Self::Base) with the agents and the tools they need.
    Agents,
    /// [`Base`](Self::Base) with compilers and package managers: .NET, Rust, Go, Node and Python.
    Sdks,
    /// [`Sdks`](Self::Sdks) with the agents.
    Full,
}

impl ShippedImage {
    /// All images, smallest first, parents before children.
    pub const ALL: [Self; 4] = [Self::Base, Self::Agents, Self::Sdks, Self::Full];

    /// The default image of a new container: complete for agents and quick to build.
    pub const DEFAULT: Self = Self::Agents;

    /// Returns the short name, as in `--image base`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Agents => "agents",
            Self::Sdks => "sdks",
            Self::Full => "full",
        }
    }

    /// Returns the shipped parent image; `None` for an image built on a distribution.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Base => None,
            Self::Agents | Self::Sdks => Some(Self::Base),
            Self::Full => Some(Self::Sdks),
        }
    }

    /// Returns the images to build in order, ending with this one.
    pub fn build_order(self) -> Vec<Self> {
        let mut images: Vec<_> =
            std::iter::successors(Some(self), |image| image.parent()).collect();
        images.reverse();
        images
    }

    /// Returns the installed agents.
    pub fn agents(self) -> &'static [&'static str] {
        match self {
            Self::Base | Self::Sdks => &[],
            Self::Agents | Self::Full => INSTALLED_AGENTS,
        }
    }
}

/// The text is not the name of a shipped image.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not one of `base`, `agents`, `sdks`, `full`", .0.escape_debug())]
pub struct UnknownImage(String);

impl FromStr for ShippedImage {
    type Err = UnknownImage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|image| image.name() == text);
        named.ok_or_else(|| UnknownImage(text.to_owned()))
    }
}

/// An image as named by the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ImageRequest {
    /// A shipped image.
    Shipped(ShippedImage),
    /// An image reference.
    Reference(String),
}

impl ImageRequest {
    /// Parses names of shipped images; other texts are references.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Reference(text.to_owned()), Self::Shipped)
    }

    /// Returns the names of the shipped images with the agent, smallest first.
    pub fn shipped_with(agent: &str) -> Vec<&'static str> {
        let has = |image: &ShippedImage| image.agents().contains(&agent);
        ShippedImage::ALL.into_iter().filter(has).map(ShippedImage::name).collect()
    }
}

impl fmt::Display for ImageRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped(image) => f.write_str(image.name()),
            Self::Reference(reference) => f.write_str(reference),
        }
    }
}

/// The source of an image that is not in the store.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ImageSource {
    /// Pull, else build, else bootstrap the base image and build.
    #[default]
    Auto,
    /// Pull from a registry.
    Pull,
    /// Build from the embedded files; the base image is pulled.
    Build,
    /// Build on a base image that mmdebstrap creates from the distribution's package mirror.
    Bootstrap,
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::Pull => "pull",
            Self::Build => "build",
            Self::Bootstrap => "bootstrap",
        })
    }
}

/// The text is not one of `auto`, `pull`, `build`, `bootstrap`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not one of `auto`, `pull`, `build`, `bootstrap`", .0.escape_debug())]
pub struct UnknownImageSource(String);

impl FromStr for ImageSource {
    type Err = UnknownImageSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "pull" => Ok(Self::Pull),
            "build" => Ok(Self::Build),
            "bootstrap" => Ok(Self::Bootstrap),
            _ => Err(UnknownImageSource(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_their_children() {
        let names = |image: ShippedImage| {
            image.build_order().iter().map(|it| it.name()).collect::<Vec<_>>()
        };
        assert_eq!(names(ShippedImage::Base), ["base"]);
        assert_eq!(names(ShippedImage::Agents), ["base", "agents"]);
        assert_eq!(names(ShippedImage::Full), ["base", "sdks", "full"]);
        for image in ShippedImage::ALL {
            assert!(image.build_order().is_sorted(), "{image:?}");
            assert!(image.agents().is_sorted(), "{image:?}");
        }
    }

    #[test]
    fn every_agent_that_is_not_optional_is_installed() {
        for agent in crate::manifest::shipped_agents().iter().filter(|agent| !agent.optional) {
            assert!(
                ShippedImage::DEFAULT.agents().contains(&agent.name.as_str()),
                "{}",
                agent.name
            );
        }
        assert_eq!(ImageRequest::shipped_with("claude"), ["agents", "full"]);
    }
}
