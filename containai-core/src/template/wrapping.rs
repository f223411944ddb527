//! The last stage, which is ours.

use std::collections::BTreeMap;

use crate::label;

/// The file beside the Dockerfile of [`wrapping`] that mends what a template may
/// have spoilt and proves that the image boots.
pub const PROOF: &str = "proof";

/// The Dockerfile of the stage that is built on what a user's Dockerfile made.
///
/// It gives the container back its first process, takes away what users'
/// programs left of a container's identity, and proves that the image boots.
/// It is a build of its own: no instruction, parser directive or stage name of
/// the user's is part of it, and what the image inherited (a shell, a user, a
/// trigger) stands before everything here. Variables come with it to the letter.
pub fn wrapping(labels: &[(&str, &str)], environment: &BTreeMap<String, String>) -> String {
    let mut text = String::from(
        "ARG BASE_IMAGE\n\
         FROM ${BASE_IMAGE}\n\
         USER root\n\
         SHELL [\"/bin/sh\", \"-c\"]\n\
         WORKDIR /\n\
         COPY proof /run/containai-proof\n\
         RUN [\"/bin/sh\", \"/run/containai-proof\"]\n\
         WORKDIR /home/agent/workspace\n\
         EXPOSE 22\n\
         STOPSIGNAL SIGRTMIN+3\n\
         HEALTHCHECK NONE\n\
         ENTRYPOINT []\n\
         CMD [\"/sbin/init\", \"--log-level=err\"]\n",
    );
    for (name, value) in environment {
        text.push_str(&format!("ENV {name}={}\n", quoted(value)));
    }
    for (name, value) in labels {
        text.push_str(&format!("LABEL {name}={}\n", quoted(value)));
    }
    text
}

/// A text as a Dockerfile's parser reads it back.
fn quoted(value: &str) -> String {
    let plain = value.replace(|c: char| c.is_control(), " ");
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
}

/// The labels of an image that was built for a template.
pub fn template_labels<'a>(name: &'a str, fingerprint: &'a str) -> [(&'static str, &'a str); 2] {
    [(label::TEMPLATE, name), (label::TEMPLATE_HASH, fingerprint)]
}

#[cfg(test)]
mod tests {
    use super::super::Dockerfile;
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_label() {
        let hostile = "a\"\nUSER x\\";
        let text = wrapping(
            &template_labels(hostile, "$HOME"),
            &[("X".to_owned(), "${PATH}".to_owned())].into(),
        );
        let file = Dockerfile::parse(&text).expect("a Dockerfile");
        let last = file.instructions().last().expect("some");
        assert_eq!(last.keyword, "LABEL");
        assert!(!file.instructions().iter().any(|it| it.keyword == "USER" && it.rest == "x"));
        insta::assert_snapshot!(text);
    }
}
