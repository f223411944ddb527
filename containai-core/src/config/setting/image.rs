//! The image.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::engine::{ImageRequest, ImageSource};

/// The image: the short name of a built-in image, or an image reference; default `agents`.
pub(in crate::config) const IMAGE: SettingSpec = SettingSpec {
    key: "image",
    scope: SettingScope::UserOrWorkspace("image"),
    env: Some("CONTAINAI_IMAGE"),
    flag: Some("--image"),
    trust: Trust::WhenApproved,
    kind: SettingKind::Text("a built-in image name or an image reference"),
    default: "agents",
    summary: "image of a new container",
    check: |text| Ok(parse_image(text).map(drop)?),
};

/// The source of missing images; default `auto`.
pub(in crate::config) const IMAGE_SOURCE: SettingSpec = SettingSpec {
    key: "image_source",
    scope: SettingScope::User,
    env: Some("CONTAINAI_IMAGE_SOURCE"),
    flag: Some("--image-source"),
    trust: Trust::Never,
    kind: SettingKind::Choice(&["auto", "pull", "build", "bootstrap"]),
    default: "auto",
    summary: "source of missing images",
    check: |text| Ok(text.parse::<ImageSource>().map(drop)?),
};

pub(in crate::config) fn read_image(text: &str) -> Result<ImageRequest, ValueError> {
    Ok(parse_image(text)?)
}

/// Parses an image name given by the user.
///
/// # Errors
///
/// [`ImageReferenceError`] for a text that cannot be a reference.
pub fn parse_image(text: &str) -> Result<ImageRequest, ImageReferenceError> {
    let first = text.chars().next();
    let is_reference = first.is_some_and(|c| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c));
    match is_reference {
        true => Ok(ImageRequest::parse(text)),
        false => Err(ImageReferenceError { text: text.to_owned() }),
    }
}

/// A text is not an image name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid image name: expected a built-in image name or a reference such as `ghcr.io/me/image:tag`", text.escape_debug())]
#[non_exhaustive]
pub struct ImageReferenceError {
    /// The text.
    pub text: String,
}
