//! Which image is asked for, and by which ways it may be had.

use std::fmt;
use std::str::FromStr;

/// The agents that the agent layer installs.
const INSTALLED: &[&str] = &["claude", "codex", "copilot", "gemini", "kimi", "opencode", "pi"];

/// The images that ContainAI ships.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ShippedImage {
    /// systemd, sshd, Docker, git and a handful of tools.
    Base,
    /// The agents on [`Base`](Self::Base), and what they call.
    Agents,
    /// Compilers and package managers on [`Base`](Self::Base): .NET, Rust, Go,
    /// Node and Python.
    Sdks,
    /// The agents on [`Sdks`](Self::Sdks).
    Full,
}

impl ShippedImage {
    /// All of them, smallest first. What an image is built on stands before it.
    pub const ALL: [Self; 4] = [Self::Base, Self::Agents, Self::Sdks, Self::Full];

    /// The image of a new container when nobody names one: everything that an
    /// agent needs, and quick to make from nothing.
    pub const DEFAULT: Self = Self::Agents;

    /// The short name, as in `--image base`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Agents => "agents",
            Self::Sdks => "sdks",
            Self::Full => "full",
        }
    }

    /// The image of ours that it is built on; `None` for one that is built on
    /// a distribution.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Base => None,
            Self::Agents | Self::Sdks => Some(Self::Base),
            Self::Full => Some(Self::Sdks),
        }
    }

    /// The images that have to be there, in the order in which they are built;
    /// itself is the last.
    pub fn lineage(self) -> Vec<Self> {
        let mut images: Vec<_> =
            std::iter::successors(Some(self), |image| image.parent()).collect();
        images.reverse();
        images
    }

    /// The agents that are installed in it.
    pub fn agents(self) -> &'static [&'static str] {
        match self {
            Self::Base | Self::Sdks => &[],
            Self::Agents | Self::Full => INSTALLED,
        }
    }
}

/// The text names no image of ours.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is none of `base`, `agents`, `sdks`, `full`", .0.escape_debug())]
pub struct UnknownImage(String);

impl FromStr for ShippedImage {
    type Err = UnknownImage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|image| image.name() == text);
        named.ok_or_else(|| UnknownImage(text.to_owned()))
    }
}

/// An image as the user named it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ImageRequest {
    /// One of ours.
    Shipped(ShippedImage),
    /// Any reference that the engine understands.
    Reference(String),
}

impl ImageRequest {
    /// Reads `base` and its like as ours and anything else as a reference.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Reference(text.to_owned()), Self::Shipped)
    }

    /// The names of our images that have the agent, smallest first.
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

/// By which way an image that is not in the store may be had.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ImageSource {
    /// Pull, else build, else bootstrap the base and build.
    #[default]
    Auto,
    /// From a registry only.
    Pull,
    /// Built here from the embedded files; its base image is pulled.
    Build,
    /// Built here on a base that mmdebstrap makes from the distribution's
    /// package mirror.
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

/// The text is none of `auto`, `pull`, `build`, `bootstrap`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is none of `auto`, `pull`, `build`, `bootstrap`", .0.escape_debug())]
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
    fn what_an_image_is_built_on_stands_before_it() {
        let names =
            |image: ShippedImage| image.lineage().iter().map(|it| it.name()).collect::<Vec<_>>();
        assert_eq!(names(ShippedImage::Base), ["base"]);
        assert_eq!(names(ShippedImage::Agents), ["base", "agents"]);
        assert_eq!(names(ShippedImage::Full), ["base", "sdks", "full"]);
        for image in ShippedImage::ALL {
            assert!(image.lineage().is_sorted(), "{image:?}");
            assert!(image.agents().is_sorted(), "{image:?}");
        }
    }

    #[test]
    fn every_agent_that_is_not_optional_is_installed() {
        for agent in crate::catalog::shipped_agents().iter().filter(|agent| !agent.optional) {
            assert!(
                ShippedImage::DEFAULT.agents().contains(&agent.name.as_str()),
                "{}",
                agent.name
            );
        }
        assert_eq!(ImageRequest::shipped_with("claude"), ["agents", "full"]);
    }
}
