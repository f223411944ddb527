//! `hostRequirements`: the size of the machine that the file expects.

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text};
use super::keys::{GPU, is_empty};
use super::plan::DevcontainerPlan;
use crate::byte_size::ByteSize;
use crate::resources::Resources;

/// The size of the machine that the file expects.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostRequirements {
    /// The number of CPUs; `None` for any.
    pub cpus: Option<u64>,
    /// The memory; `None` for any.
    pub memory: Option<ByteSize>,
}

impl HostRequirements {
    pub(super) fn read(
        fields: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<Self, DevcontainerError> {
        let Some(object) = fields.object("hostRequirements")? else { return Ok(Self::default()) };
        let mut requirements = Self::default();
        for (key, value) in object.iter().filter(|(_, value)| !is_empty(value)) {
            let property = format!("hostRequirements.{key}");
            match key.as_str() {
                "cpus" => requirements.cpus = scalar_text(value).and_then(|it| it.parse().ok()),
                "memory" => {
                    requirements.memory = value.as_str().and_then(|text| text.trim().parse().ok());
                }
                "storage" => plan.left_out(property, "a container uses the disk of the engine"),
                "gpu" if value.as_str() == Some("optional") => plan.satisfied(property, GPU),
                "gpu" => plan.left_out(property, GPU),
                _ => plan.left_out(property, "it is not a known requirement"),
            }
        }
        Ok(requirements)
    }

    /// Adds the requirements that the limits of a container do not meet.
    pub fn compare(&self, limits: &Resources, plan: &mut DevcontainerPlan) {
        let hint = "`cai resources` changes it";
        if let Some(cpus) = self.cpus
            && cpus.saturating_mul(1_000_000_000) > u64::try_from(limits.cpus.nanos()).unwrap_or(0)
        {
            let reason =
                format!("{cpus} are expected, and the container gets {}: {hint}", limits.cpus);
            plan.left_out("hostRequirements.cpus", reason);
        }
        if let Some(memory) = self.memory
            && memory > limits.memory
        {
            let reason =
                format!("{memory} is expected, and the container gets {}: {hint}", limits.memory);
            plan.left_out("hostRequirements.memory", reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::jsonc;
    use crate::resources::HostCapacity;

    #[test]
    fn unmet_requirements_are_reported() {
        let text = r#"{"hostRequirements": {"cpus": 4, "memory": "32gb", "storage": "64gb", "gpu": true, "x": 1}}"#;
        let object = jsonc::parse(text).expect("JSON");
        let mut plan = DevcontainerPlan::default();
        let read = HostRequirements::read(JsonFields(&object), &mut plan).expect("requirements");
        assert_eq!(plan.entries().len(), 3);
        let mut plan = DevcontainerPlan::default();
        let size = |gib: u64, cpus| HostCapacity { memory_bytes: gib << 30, cpus };
        read.compare(&Resources::half_of(size(64, 8)), &mut plan);
        assert_eq!(plan.entries(), []);
        read.compare(&Resources::half_of(size(32, 4)), &mut plan);
        let lines: Vec<_> = plan.entries().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
