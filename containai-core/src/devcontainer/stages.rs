//! Image stages for a `devcontainer.json`.

use std::collections::BTreeMap;

use super::script::LIFECYCLE_PROGRAM;
use crate::shell_word::shell_quote;

/// The directory of features in the build context, each in a numbered subdirectory.
pub const FEATURES_DIR: &str = "features";
/// The host's certificates during the installation of features; the image does not keep them.
const CERTIFICATES: &str = "/tmp/containai-features/certificates.pem";
/// Adds the certificates to the system's store, for programs that know no variables.
const TRUST: &str = "RUN mkdir -p /usr/local/share/ca-certificates/containai-build && \\\n    \
    awk '/BEGIN CERT/ { file = sprintf(\"/usr/local/share/ca-certificates/containai-build/%03d.crt\", ++n) } file { print > file }' \
    /tmp/containai-features/certificates.pem && update-ca-certificates\n";
/// Removes them. An installed Java notices both.
const DISTRUST: &str = "RUN rm -rf /usr/local/share/ca-certificates/containai-build /tmp/containai-features && update-ca-certificates --fresh\n";
/// The program that runs the entry points of features at each start of a container.
const ENTRYPOINT_PROGRAM: &str = "/usr/lib/containai/feature-entrypoints";
/// The unit of [`ENTRYPOINT_PROGRAM`]. Daemons that an entry point starts outlive it; the unit does
/// not delay others.
const ENTRYPOINT_UNIT: &str = "[Unit]\\n\
    Description=Entry points of devcontainer features\\n\
    After=containai-init.service network.target\\n\
    [Service]\\n\
    Type=exec\\n\
    RemainAfterExit=yes\\n\
    ExecStart=/usr/lib/containai/feature-entrypoints\\n\
    [Install]\\n\
    WantedBy=multi-user.target\\n";

/// The parts of the stage that installs features.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeatureLayer<'a> {
    /// The variables of each feature, in the order of installation. Each feature directory contains
    /// the script `.containai-install`.
    pub environments: &'a [Vec<(String, String)>],
    /// Whether the context contains certificates that features may rely on, as `certificates.pem`.
    pub has_certificates: bool,
    /// Whether the context contains the program of [`entrypoint_program`], as `entrypoints`.
    pub has_entrypoints: bool,
    /// Whether the context contains the program for lifecycle commands, as `devcontainer`.
    pub has_lifecycle: bool,
}

/// Returns the Dockerfile of the stage that installs features with their variables, and the programs
/// for entry points and lifecycle commands.
pub fn feature_stage(layer: &FeatureLayer<'_>) -> String {
    let mut text = String::from(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nUSER root\nSHELL [\"/bin/sh\", \"-c\"]\n",
    );
    if layer.has_certificates {
        text.push_str(&format!("COPY certificates.pem {CERTIFICATES}\n{TRUST}"));
    }
    for (number, environment) in layer.environments.iter().enumerate() {
        for (name, value) in environment {
            text.push_str(&format!("ENV {name}=\"{}\"\n", escape_env_value(value)));
        }
        let place = format!("/tmp/containai-features/{number}");
        text.push_str(&format!("COPY {FEATURES_DIR}/{number}/ {place}/\n"));
        text.push_str(&format!("RUN [\"/bin/sh\", \"{place}/.containai-install\"]\n"));
    }
    if layer.has_certificates {
        text.push_str(DISTRUST);
    }
    if layer.has_entrypoints {
        text.push_str(&format!(
            "COPY entrypoints {ENTRYPOINT_PROGRAM}\n\
             RUN printf '{ENTRYPOINT_UNIT}' > /etc/systemd/system/containai-features.service && \
             ln -s ../containai-features.service /etc/systemd/system/multi-user.target.wants/\n"
        ));
    }
    if layer.has_lifecycle {
        text.push_str(&format!(
            "COPY devcontainer {LIFECYCLE_PROGRAM}\n\
             RUN install -d -o agent -g agent /var/lib/containai/devcontainer && \
             echo 'd /run/containai-devcontainer 0755 agent agent' > /etc/tmpfiles.d/containai-devcontainer.conf\n"
        ));
    }
    text
}

/// Returns the program that runs the entry points of features in order, with the variables of the
/// container; `None` without entry points. A failed one does not prevent the next.
pub fn entrypoint_program(entrypoints: &[String]) -> Option<String> {
    if entrypoints.is_empty() {
        return None;
    }
    let mut text = format!(
        "#!/bin/sh\n\
         # Runs the entry points of devcontainer features as root, with the variables of the container.\n\
         if [ -z \"$containai_features\" ]; then\n    \
             exec xargs -0 -a /proc/1/environ sh -c 'exec env \"$@\" containai_features=1 {ENTRYPOINT_PROGRAM}' sh\n\
         fi\n\
         unset containai_features\n\
         status=0\n"
    );
    for command in entrypoints {
        text.push_str(&format!("/bin/sh -c {} </dev/null || status=$?\n", shell_quote(command)));
    }
    text.push_str("exit $status\n");
    Some(text)
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
    // For programs with certificates of their own.
    text.push_str(&format!(
        "if [ -s {CERTIFICATES} ]; then\n    export NODE_EXTRA_CA_CERTS={CERTIFICATES}\n    \
         for name in SSL_CERT_FILE REQUESTS_CA_BUNDLE PIP_CERT AWS_CA_BUNDLE; do\n        \
         export \"$name=/etc/ssl/certs/ca-certificates.crt\"\n    done\nfi\n"
    ));
    // The reference implementation makes all files executable, and features rely on it.
    text.push_str("chmod -R 0755 .\n./install.sh\ncd /\nrm -rf \"${0%/*}\"\n");
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
        let environment = vec![("PATH".to_owned(), "/a \"b\":${PATH}".to_owned())];
        let layer = FeatureLayer {
            environments: &[environment, Vec::new()],
            has_certificates: false,
            has_entrypoints: true,
            has_lifecycle: true,
        };
        insta::assert_snapshot!(feature_stage(&layer));
        let trusting = feature_stage(&FeatureLayer { has_certificates: true, ..layer });
        let (before, after) = ("COPY features/0/", "RUN printf '[Unit]");
        let place = |text: &str| trusting.find(text).expect("a line");
        assert!(place("COPY certificates.pem") < place(before), "{trusting}");
        assert!(place("rm -rf /usr/local/share/ca-certificates/containai-build") < place(after));
        assert!(place("COPY features/1/") < place("rm -rf /usr/local/share/ca-certificates"));
        let options = [("VERSION".to_owned(), "it's".to_owned())].into();
        insta::assert_snapshot!(feature_install_script(&options, "agent"));
    }

    #[test]
    fn entry_points_are_quoted_and_in_order() {
        assert_eq!(entrypoint_program(&[]), None);
        let commands = ["/usr/local/share/a.sh".to_owned(), "it's 'b'".to_owned()];
        insta::assert_snapshot!(entrypoint_program(&commands).expect("a program"));
    }
}
