//! Which image is asked for, and by which ways it may be had.

use std::fmt;
use std::str::FromStr;

/// The images that ContainAI ships.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ShippedImage {
    /// systemd, sshd, Docker, git and a handful of tools.
    Base,
}

impl ShippedImage {
    /// All of them, smallest first.
    pub const ALL: [Self; 1] = [Self::Base];

    /// The short name, as in `--image base`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
        }
    }

    /// The agents that are installed in it.
    pub fn agents(self) -> &'static [&'static str] {
        match self {
            Self::Base => &[],
        }
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
        ShippedImage::ALL
            .into_iter()
            .find(|image| image.name() == text)
            .map_or_else(|| Self::Reference(text.to_owned()), Self::Shipped)
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
