//! Differences between an existing container and the requested settings.

use std::fmt;

use crate::engine::Container;
use crate::label;
use crate::naming::{Fingerprint, VolumeName};
use crate::resources::Resources;

/// The explicitly requested settings: from a flag, the environment or a file. `None` if a
/// setting was not requested.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct RequestedSettings {
    /// The reference of the image.
    pub image: Option<String>,
    /// The template's name.
    pub template: Option<String>,
    /// The current fingerprint of the inputs of an image that is built for this
    /// workspace.
    pub fingerprint: Option<Fingerprint>,
    /// The data volume.
    pub data_volume: Option<VolumeName>,
    /// The resources of a new container, and those of the existing one.
    pub resources: Option<(Resources, Resources)>,
}

/// A difference that only a recreated container removes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Drift {
    /// A setting has another value.
    Setting {
        /// The setting, such as `image`.
        setting: &'static str,
        /// The value of the container.
        actual: String,
        /// The requested value.
        requested: String,
    },
    /// The container was created with Sysbox by a version without the runtime shim.
    SysboxWithoutShim,
    /// The inputs of its image have changed.
    ImageInputs {
        /// The name of the template; empty for an image built from the workspace.
        template: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { setting, actual, requested } => {
                write!(f, "its {setting} is `{actual}`, requested is `{requested}`")
            }
            Self::SysboxWithoutShim => f.write_str(
                "it was created by an earlier version with Sysbox alone: root inside can create files owned by the host's root in the workspace",
            ),
            Self::ImageInputs { template } if template.is_empty() => {
                f.write_str("the inputs of its image have changed")
            }
            Self::ImageInputs { template } => write!(f, "its template `{template}` has changed"),
        }
    }
}

/// Compares an existing container with the requested settings. The container is not
/// changed.
pub fn detect_drift(container: &Container, requested: &RequestedSettings) -> Vec<Drift> {
    let text = |value: Option<&str>| value.filter(|it| !it.is_empty()).unwrap_or("none").to_owned();
    let has_volume = container.labels.data_volume();
    let (memory, cpus) = match requested.resources {
        None => (None, None),
        Some((requested, has)) => (
            Some((has.memory.to_string(), requested.memory.to_string())),
            Some((has.cpus.to_string(), requested.cpus.to_string())),
        ),
    };
    let pairs = [
        ("image", requested.image.clone().map(|image| (container.image.clone(), image))),
        (
            "template",
            requested.template.clone().map(|it| (text(container.labels.get(label::TEMPLATE)), it)),
        ),
        (
            "data volume",
            requested
                .data_volume
                .as_ref()
                .map(|it| (text(has_volume.as_ref().map(VolumeName::as_str)), it.to_string())),
        ),
        ("memory", memory),
        ("number of processors", cpus),
    ];
    let others = pairs.into_iter().filter_map(|(what, pair)| {
        let (has, requested) = pair?;
        (has != requested).then_some(Drift::Setting { setting: what, actual: has, requested })
    });
    let bare = container.labels.is_sysbox_without_shim().then_some(Drift::SysboxWithoutShim);
    bare.into_iter().chain(others).chain(image_input_drift(container, requested)).collect()
}

/// Detects changed files of the same template. Another template is reported as a changed
/// setting.
fn image_input_drift(
    container: &Container,
    requested_settings: &RequestedSettings,
) -> Option<Drift> {
    let requested = requested_settings.fingerprint.as_ref()?;
    let template = container.labels.get(label::TEMPLATE).unwrap_or_default();
    let is_same =
        requested_settings.template.as_deref().is_none_or(|requested| requested == template);
    let has = container.labels.get(label::TEMPLATE_HASH)?;
    (is_same && has != requested.as_str())
        .then(|| Drift::ImageInputs { template: template.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ContainerId, RunState};
    use crate::resources::HostCapacity;

    #[test]
    fn only_requested_settings_that_differ_are_drift() {
        let labels = [(label::DATA_VOLUME, "one")].into_iter().collect();
        let container = Container::new(ContainerId::new("1"), "api-main", RunState::Running)
            .with_image("containai/base:1")
            .with_labels(labels);
        assert_eq!(detect_drift(&container, &RequestedSettings::default()), []);
        let half = |gib: u64| Resources::half_of(HostCapacity { memory_bytes: gib << 30, cpus: 4 });
        let requested_settings = RequestedSettings {
            image: Some("containai/base:2".into()),
            template: Some("ml".into()),
            fingerprint: None,
            data_volume: VolumeName::parse("one").ok(),
            resources: Some((half(16), half(8))),
        };
        let told: Vec<_> =
            detect_drift(&container, &requested_settings).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        its image is `containai/base:1`, requested is `containai/base:2`
        its template is `none`, requested is `ml`
        its memory is `4g`, requested is `8g`
        ");
    }

    #[test]
    fn sysbox_without_shim_is_drift() {
        let check = |labels: &[(&str, &str)], expected: &[Drift]| {
            let container = Container::new(ContainerId::new("1"), "api-main", RunState::Running)
                .with_image("containai/base:1")
                .with_labels(labels.iter().copied().collect());
            assert_eq!(
                detect_drift(&container, &RequestedSettings::default()),
                expected,
                "{labels:?}"
            );
        };
        let runtime = (label::RUNTIME, "containai-sysbox-runc");
        check(&[(label::ISOLATION, "sysbox")], &[Drift::SysboxWithoutShim]);
        check(&[(label::ISOLATION, "sysbox"), runtime], &[]);
        check(&[(label::ISOLATION, "userns")], &[]);
        check(&[], &[]);
    }

    #[test]
    fn changed_template_files_are_reported_once() {
        let check = |template: &str, hash: &str, requested: &str| {
            let labels = [(label::TEMPLATE, template), (label::TEMPLATE_HASH, hash)];
            let container = Container::new(ContainerId::new("1"), "api-main", RunState::Running)
                .with_image("containai/template:x")
                .with_labels(labels.into_iter().filter(|(_, value)| !value.is_empty()).collect());
            let requested_settings = RequestedSettings {
                template: Some(requested.into()),
                fingerprint: Fingerprint::parse("0123456789ab").ok(),
                ..RequestedSettings::default()
            };
            let told = detect_drift(&container, &requested_settings);
            told.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(check("ml", "0123456789ab", "ml"), "");
        assert_eq!(check("ml", "ffffffffffff", "ml"), "its template `ml` has changed");
        assert_eq!(check("ml", "ffffffffffff", "web"), "its template is `ml`, requested is `web`");
        assert_eq!(check("", "", "ml"), "its template is `none`, requested is `ml`");
    }
}
