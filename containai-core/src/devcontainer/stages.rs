//! Image stages for a `devcontainer.json`.

use std::collections::BTreeMap;

use super::script::{LIFECYCLE_PROGRAM, shell_quote};

/// The directory of features in the build context, each in a numbered subdirectory.
pub const FEATURES_DIR: &str = "features";

/// Returns the Dockerfile of the stage that installs features with their variables, and the program
/// for lifecycle commands. Each feature directory contains the script `.containai-install`.
pub fn feature_stage(features: &[&BTreeMap<String, String>], has_lifecycle: bool) -> String {
    let mut text = String::from(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nUSER root\nSHELL [\"/bin/sh\", \"-c\"]\n",
    );
    for (number, environment) in features.iter().enumerate() {
        for (name, value) in *environment {
            text.push_str(&format!("ENV {name}=\"{}\"\n", escape_env_value(value)));
        }
        let place = format!("/tmp/containai-features/{number}");
        text.push_str(&format!("COPY {FEATURES_DIR}/{number}/ {place}/\n"));
        text.push_str(&format!("RUN [\"/bin/sh\", \"{place}/.containai-install\"]\n"));
    }
    if has_lifecycle {
        text.push_str(&format!(
            "COPY devcontainer {LIFECYCLE_PROGRAM}\n\
             RUN install -d -o agent -g agent /var/lib/containai/devcontainer && \
             echo 'd /run/containai-devcontainer 0755 agent agent' > /etc/tmpfiles.d/containai-devcontainer.conf\n"
        ));
    }
    text
}

/// Returns the script that installs a feature, with its options and the variables required by the
/// specification.
///
/// Source: <https://containers.dev/implementors/features/#invoking-installsh>.
pub fn feature_install_script(options: &BTreeMap<String, String>, user: &str) -> String {
    let home = if user == "root" { "/root".to_owned() } else { format!("/home/{user}") };
    let given = [
        ("_REMOTE_USER", user),
        ("_REMOTE_USER_HOME", home.as_str()),
        ("_CONTAINER_USER", "root"),
        ("_CONTAINER_USER_HOME", "/root"),
    ];
    let mut text = String::from("set -eu\ncd \"${0%/*}\"\n");
    let options = options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in options.chain(given) {
        text.push_str(&format!("export {name}={}\n", shell_quote(value)));
    }
    text.push_str("chmod +x install.sh\n./install.sh\ncd /\nrm -rf \"${0%/*}\"\n");
    text
}

/// Escapes a value and keeps its variable references, which refer to the image.
fn escape_env_value(value: &str) -> String {
    let plain = value.replace(|c: char| c.is_control(), " ");
    plain.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_installs_each_feature() {
        let environment = [("PATH".to_owned(), "/a \"b\":${PATH}".to_owned())].into();
        insta::assert_snapshot!(feature_stage(&[&environment, &BTreeMap::new()], true));
        let options = [("VERSION".to_owned(), "it's".to_owned())].into();
        insta::assert_snapshot!(feature_install_script(&options, "agent"));
    }
}
