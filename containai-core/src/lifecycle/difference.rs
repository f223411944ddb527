//! What a container has other than was asked for, and keeps.

use std::fmt;

use crate::engine::Container;
use crate::label;
use crate::naming::VolumeName;
use crate::resources::Resources;

/// What was asked for on purpose: by a flag, the environment or a file.
/// `None` where nobody asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wished {
    /// The reference of the image.
    pub image: Option<String>,
    /// The template's name.
    pub template: Option<String>,
    /// The data volume.
    pub data_volume: Option<VolumeName>,
    /// What a container would get, and what this one has.
    pub resources: Option<(Resources, Resources)>,
}

/// One thing that only a container made anew would have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// What differs, such as `image`.
    pub what: &'static str,
    /// What the container has.
    pub has: String,
    /// What was asked for.
    pub wanted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its {} stays `{}`, `{}` is asked for", self.what, self.has, self.wanted)
    }
}

/// Compares a container that exists with what was asked for on purpose. A
/// container is never changed or made anew on the way.
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
    pairs
        .into_iter()
        .filter_map(|(what, pair)| {
            let (has, wanted) = pair?;
            (has != wanted).then_some(Difference { what, has, wanted })
        })
        .collect()
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
            data_volume: VolumeName::parse("one").ok(),
            resources: Some((half(16), half(8))),
        };
        let told: Vec<_> =
            differences(&container, &wished).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        its image stays `containai/base:1`, `containai/base:2` is asked for
        its template stays `none`, `ml` is asked for
        its memory stays `4g`, `8g` is asked for
        ");
    }
}
