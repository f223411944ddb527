//! Differences between an existing container and the requested settings.

use std::fmt;

use crate::engine::Container;
use crate::label;
use crate::naming::{Fingerprint, VolumeName};
use crate::resources::Resources;

/// The explicitly requested settings: from a flag, the environment or a file. `None` if a
/// setting was not requested.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wished {
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
pub enum Difference {
    /// A setting has another value.
    Other {
        /// The setting, such as `image`.
        what: &'static str,
        /// The value of the container.
        has: String,
        /// The requested value.
        wanted: String,
    },
    /// The container was created with Sysbox by a version without the runtime shim.
    BareSysbox,
    /// The inputs of its image have changed.
    Changed {
        /// The name of the template; empty for an image built from the workspace.
        template: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other { what, has, wanted } => {
                write!(f, "its {what} is `{has}`, requested is `{wanted}`")
            }
            Self::BareSysbox => f.write_str(
                "it was created by an earlier version with Sysbox alone: root inside can create files owned by the host's root in the workspace",
            ),
            Self::Changed { template } if template.is_empty() => {
                f.write_str("the inputs of its image have changed")
            }
            Self::Changed { template } => write!(f, "its template `{template}` has changed"),
        }
    }
}

/// Compares an existing container with the requested settings. The container is not
/// changed.
pub fn differences(container: &Container, wished: &Wished) -> Vec<Difference> {
    let text = |value: Option<&str>| value.filter(|it| !it.is_empty()).unwrap_or("none").to_owned();
    let has_volume = container.labels.data_volume();
    let (memory, cpus) = match wished.resources {
        None => (None, None),
        Some((wanted, has)) => (
            Some((has.memory.to_string(), wanted.memory.to_string())),
            Some((has.cpus.to_string(), wanted.cpus.to_string())),
        ),
    };
    let pairs = [
        ("image", wished.image.clone().map(|image| (container.image.clone(), image))),
        (
            "template",
            wished.template.clone().map(|it| (text(container.labels.get(label::TEMPLATE)), it)),
        ),
        (
            "data volume",
            wished
                .data_volume
                .as_ref()
                .map(|it| (text(has_volume.as_ref().map(VolumeName::as_str)), it.to_string())),
        ),
        ("memory", memory),
        ("number of processors", cpus),
    ];
    let others = pairs.into_iter().filter_map(|(what, pair)| {
        let (has, wanted) = pair?;
        (has != wanted).then_some(Difference::Other { what, has, wanted })
    });
    let bare = container.labels.is_bare_sysbox().then_some(Difference::BareSysbox);
    bare.into_iter().chain(others).chain(changed(container, wished)).collect()
}

/// Detects changed files of the same template. Another template is reported as a changed
/// setting.
fn changed(container: &Container, wished: &Wished) -> Option<Difference> {
    let wanted = wished.fingerprint.as_ref()?;
    let template = container.labels.get(label::TEMPLATE).unwrap_or_default();
    let is_same = wished.template.as_deref().is_none_or(|wanted| wanted == template);
    let has = container.labels.get(label::TEMPLATE_HASH)?;
    (is_same && has != wanted.as_str())
        .then(|| Difference::Changed { template: template.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ContainerId, RunState};
    use crate::resources::HostCapacity;

    #[test]
    fn only_what_was_asked_for_and_differs_is_told() {
        let labels = [(label::DATA_VOLUME, "one")].into_iter().collect();
        let container = Container {
            id: ContainerId::new("1"),
            name: "api-main".into(),
            state: RunState::Running,
            status: String::new(),
            image: "containai/base:1".into(),
            labels,
        };
        assert_eq!(differences(&container, &Wished::default()), []);
        let half = |gib: u64| Resources::half_of(HostCapacity { memory_bytes: gib << 30, cpus: 4 });
        let wished = Wished {
            image: Some("containai/base:2".into()),
            template: Some("ml".into()),
            fingerprint: None,
            data_volume: VolumeName::parse("one").ok(),
            resources: Some((half(16), half(8))),
        };
        let told: Vec<_> =
            differences(&container, &wished).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        its image is `containai/base:1`, requested is `containai/base:2`
        its template is `none`, requested is `ml`
        its memory is `4g`, requested is `8g`
        ");
    }

    #[test]
    fn a_container_of_sysbox_without_a_shim_is_told() {
        let check = |labels: &[(&str, &str)], expected: &[Difference]| {
            let container = Container {
                id: ContainerId::new("1"),
                name: "api-main".into(),
                state: RunState::Running,
                status: String::new(),
                image: "containai/base:1".into(),
                labels: labels.iter().copied().collect(),
            };
            assert_eq!(differences(&container, &Wished::default()), expected, "{labels:?}");
        };
        let runtime = (label::RUNTIME, "containai-sysbox-runc");
        check(&[(label::ISOLATION, "sysbox")], &[Difference::BareSysbox]);
        check(&[(label::ISOLATION, "sysbox"), runtime], &[]);
        check(&[(label::ISOLATION, "userns")], &[]);
        check(&[], &[]);
    }

    #[test]
    fn a_template_with_other_files_is_told_once() {
        let check = |template: &str, hash: &str, wanted: &str| {
            let labels = [(label::TEMPLATE, template), (label::TEMPLATE_HASH, hash)];
            let container = Container {
                id: ContainerId::new("1"),
                name: "api-main".into(),
                state: RunState::Running,
                status: String::new(),
                image: "containai/template:x".into(),
                labels: labels.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            };
            let wished = Wished {
                template: Some(wanted.into()),
                fingerprint: Fingerprint::parse("0123456789ab").ok(),
                ..Wished::default()
            };
            let told = differences(&container, &wished);
            told.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(check("ml", "0123456789ab", "ml"), "");
        assert_eq!(check("ml", "ffffffffffff", "ml"), "its template `ml` has changed");
        assert_eq!(check("ml", "ffffffffffff", "web"), "its template is `ml`, requested is `web`");
        assert_eq!(check("", "", "ml"), "its template is `none`, requested is `ml`");
    }
}
