//! The name of an image that is built for a template.

use super::newtype::reads_as_text;
use super::{Fingerprint, TemplateName};

/// How much of a template's name stands in a tag, which takes 128 characters.
const MAX_NAME: usize = 100;

/// The reference of an image that is built on this machine, such as
/// `containai/template:ml-3f2a91c04d7e`.
///
/// It is made from what the image is built from, so that a change makes another
/// image and no change never does.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BuiltImage(String);

reads_as_text!(BuiltImage);

impl BuiltImage {
    /// The image of a template.
    pub fn of_template(name: &TemplateName, fingerprint: &Fingerprint) -> Self {
        // Names are ASCII.
        let name = &name.as_str()[..name.as_str().len().min(MAX_NAME)];
        Self(format!("containai/template:{name}-{fingerprint}"))
    }

    /// The image of a `devcontainer.json`.
    pub fn of_devcontainer(fingerprint: &Fingerprint) -> Self {
        Self(format!("containai/devcontainer:{fingerprint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_makes_a_tag() {
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
