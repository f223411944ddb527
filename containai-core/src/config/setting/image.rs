//! Which image a container is made of.

use super::SettingSpec;
use crate::config::Trust;
use crate::config::error::Cause;
use crate::engine::ImageRequest;

/// The image: one that ContainAI ships by its short name, or any reference
/// that Docker knows; default the most complete one that is shipped.
pub(in crate::config) const IMAGE: SettingSpec = SettingSpec {
    key: "image",
    section_key: Some("image"),
    env: Some("CONTAINAI_IMAGE"),
    flag: Some("--image"),
    trust: Trust::ReachesHost,
};

/// How an image comes here that is not here yet; default `auto`.
pub(in crate::config) const IMAGE_SOURCE: SettingSpec = SettingSpec {
    key: "image_source",
    section_key: None,
    env: Some("CONTAINAI_IMAGE_SOURCE"),
    flag: Some("--image-source"),
    trust: Trust::ReachesHost,
};

pub(in crate::config) fn read_image(text: &str) -> Result<ImageRequest, Cause> {
    Ok(parse_image(text)?)
}

/// Reads an image's name as a user gives it.
///
/// # Errors
///
/// [`ImageError`] when it could not be a reference.
pub fn parse_image(text: &str) -> Result<ImageRequest, ImageError> {
    let first = text.chars().next();
    let is_reference = first.is_some_and(|c| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c));
    match is_reference {
        true => Ok(ImageRequest::parse(text)),
        false => Err(ImageError { text: text.to_owned() }),
    }
}

/// A text names no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no image: it takes a name of ours or a reference such as `ghcr.io/me/image:tag`", text.escape_debug())]
#[non_exhaustive]
pub struct ImageError {
    /// What was given.
    pub text: String,
}
