//! The names of custom images.

use super::newtype::reads_as_text;
use super::{Fingerprint, TemplateName};

/// The length to which the name of a template is cut; a tag has at most 128 characters.
const MAX_TEMPLATE_NAME_LEN: usize = 100;

/// The reference of an image that is built on this machine, such as
/// `containai/template:ml-3f2a91c04d7e`.
///
/// It contains the fingerprint of the build inputs, so that the reference changes exactly
/// when they change.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BuiltImage(String);

reads_as_text!(BuiltImage);

impl BuiltImage {
    /// Returns the image of a template.
    pub fn of_template(name: &TemplateName, fingerprint: &Fingerprint) -> Self {
        // Names are ASCII.
        let name = &name.as_str()[..name.as_str().len().min(MAX_TEMPLATE_NAME_LEN)];
        Self(format!("containai/template:{name}-{fingerprint}"))
    }

    /// Returns the image of a `devcontainer.json`.
    pub fn of_devcontainer(fingerprint: &Fingerprint) -> Self {
        Self(format!("containai/devcontainer:{fingerprint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_template_name_fits_in_a_tag() {
        let fingerprint: Fingerprint = "0123456789ab".parse().expect("a fingerprint");
        let image = |name: &str| {
            let name = TemplateName::parse(name).expect("a name");
            BuiltImage::of_template(&name, &fingerprint).to_string()
        };
        assert_eq!(image("a..b_c"), "containai/template:a..b_c-0123456789ab");
        let longest = image(&"x".repeat(300));
        assert!(longest.len() - "containai/template:".len() <= 128);
    }
}
