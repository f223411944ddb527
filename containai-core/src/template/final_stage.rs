//! The final stage of a template's image.

use std::collections::BTreeMap;

use crate::label;

/// The script next to the Dockerfile of [`final_stage`] that repairs the image and checks
/// that it boots.
pub const BOOT_CHECK: &str = "proof";

/// Returns the Dockerfile of the stage on top of the user's image.
///
/// It restores the container's first process, removes remains of a container's identity,
/// and checks that the image boots. It is a separate build: it contains no instruction,
/// parser directive or stage name of the user, and inherited settings (a shell, a user, a
/// trigger) take effect before it. The environment variables are kept verbatim.
pub fn final_stage(labels: &[(&str, &str)], environment: &BTreeMap<String, String>) -> String {
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

/// Quotes a text for Docker's parser.
fn quoted(value: &str) -> String {
    let plain = value.replace(|c: char| c.is_control(), " ");
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
}

/// Returns the labels of a template's image.
pub fn template_labels<'a>(name: &'a str, fingerprint: &'a str) -> [(&'static str, &'a str); 2] {
    [(label::TEMPLATE, name), (label::TEMPLATE_HASH, fingerprint)]
}

#[cfg(test)]
mod tests {
    use super::super::Dockerfile;
    use super::*;

    #[test]
    fn label_values_are_quoted() {
        let hostile = "a\"\nUSER x\\";
        let text = final_stage(
            &template_labels(hostile, "$HOME"),
            &[("X".to_owned(), "${PATH}".to_owned())].into(),
        );
        let file = Dockerfile::parse(&text).expect("a Dockerfile");
        let last = file.instructions().last().expect("some");
        assert_eq!(last.keyword, "LABEL");
        assert!(!file.instructions().iter().any(|it| it.keyword == "USER" && it.arguments == "x"));
        insta::assert_snapshot!(text);
    }
}
