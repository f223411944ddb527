//! The image.

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::engine::{ImageRequest, ImageSource, ShippedImage};

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

/// Parses an image name given by the user. A name that is one edit from a shipped image's is
/// refused: with a tag, such as `bash:latest`, it is a reference.
///
/// # Errors
///
/// [`ImageReferenceError`].
pub fn parse_image(text: &str) -> Result<ImageRequest, ImageReferenceError> {
    if !is_image_reference(text) {
        return Err(ImageReferenceError::Invalid { text: text.to_owned() });
    }
    let request = ImageRequest::parse(text);
    match (&request, nearest(text)) {
        (ImageRequest::Reference(_), Some(image)) => {
            Err(ImageReferenceError::NearMiss { text: text.to_owned(), image })
        }
        _ => Ok(request),
    }
}

/// Returns whether a text can be the reference of an image.
pub fn is_image_reference(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c))
}

/// Returns the shipped image whose name is one edit from the text.
fn nearest(text: &str) -> Option<ShippedImage> {
    let is_near = |image: &ShippedImage| strsim::damerau_levenshtein(image.name(), text) == 1;
    ShippedImage::ALL.into_iter().find(is_near)
}

/// A text is not an image name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageReferenceError {
    /// The text cannot be a reference.
    #[error("`{}` is not a valid image name: expected a built-in image name or a reference such as `ghcr.io/me/image:tag`", text.escape_debug())]
    Invalid {
        /// The text.
        text: String,
    },
    /// The name is probably a misspelt one of a shipped image.
    #[error("`{text}` is not an image of ContainAI: use `{}`, or `{text}:latest` for the image of a registry", image.name())]
    NearMiss {
        /// The text.
        text: String,
        /// The shipped image with a similar name.
        image: ShippedImage,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_not_pulled() {
        for (text, expected) in [
            ("base", Ok(ImageRequest::Shipped(ShippedImage::Base))),
            ("alpine", Ok(ImageRequest::Reference("alpine".into()))),
            ("bash:latest", Ok(ImageRequest::Reference("bash:latest".into()))),
            (
                "agent",
                Err(
                    "`agent` is not an image of ContainAI: use `agents`, or `agent:latest` for the image of a registry",
                ),
            ),
            (
                "bse",
                Err(
                    "`bse` is not an image of ContainAI: use `base`, or `bse:latest` for the image of a registry",
                ),
            ),
            (
                "agnets",
                Err(
                    "`agnets` is not an image of ContainAI: use `agents`, or `agnets:latest` for the image of a registry",
                ),
            ),
            (
                "a b",
                Err(
                    "`a b` is not a valid image name: expected a built-in image name or a reference such as `ghcr.io/me/image:tag`",
                ),
            ),
        ] {
            let read = parse_image(text).map_err(|error| error.to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{text}");
        }
    }
}
