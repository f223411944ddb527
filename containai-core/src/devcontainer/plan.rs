//! The plan of a file: the treatment of each property.

use super::error::DevcontainerError;
use super::plan_entry::{PlanEntry, Treatment};

/// The plan of a `devcontainer.json`: one entry for each property that a container does not follow
/// to the letter. Review, dry run and creation all read it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DevcontainerPlan(Vec<PlanEntry>);

impl DevcontainerPlan {
    /// Adds a property that every container satisfies.
    pub fn satisfied(&mut self, property: impl Into<String>, reason: impl Into<String>) {
        self.push(property.into(), Treatment::Satisfied, reason.into());
    }

    /// Adds a property that is left out.
    pub fn left_out(&mut self, property: impl Into<String>, reason: impl Into<String>) {
        self.push(property.into(), Treatment::LeftOut, reason.into());
    }

    /// Adds a remark that names its property itself.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.push(String::new(), Treatment::LeftOut, text.into());
    }

    /// Adds a property that prevents a container.
    pub fn refused(&mut self, property: impl Into<String>, reason: impl Into<String>) {
        self.push(property.into(), Treatment::Refused, reason.into());
    }

    /// Adds an unsupported property, and returns other outcomes: all refusals of a file are
    /// reported together.
    ///
    /// # Errors
    ///
    /// Any error but [`DevcontainerError::Unsupported`].
    pub(super) fn collect<T>(
        &mut self,
        outcome: Result<T, DevcontainerError>,
    ) -> Result<Option<T>, DevcontainerError> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(DevcontainerError::Unsupported { key, reason }) => {
                self.refused(key, reason);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the entries in the order of the file's reading.
    pub fn entries(&self) -> &[PlanEntry] {
        &self.0
    }

    /// Returns the entries with this treatment.
    pub fn with_treatment(&self, treatment: Treatment) -> impl Iterator<Item = &PlanEntry> {
        self.0.iter().filter(move |entry| entry.treatment == treatment)
    }

    /// Returns the error of the refused properties, if there are some.
    pub(super) fn refusal(&self) -> Result<(), DevcontainerError> {
        let refused: Vec<_> = self.with_treatment(Treatment::Refused).cloned().collect();
        match refused.is_empty() {
            true => Ok(()),
            false => Err(DevcontainerError::Refused { refused }),
        }
    }

    fn push(&mut self, property: String, treatment: Treatment, reason: String) {
        let entry = PlanEntry { property, treatment, reason };
        if !self.0.contains(&entry) {
            self.0.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_reported_together() {
        let mut plan = DevcontainerPlan::default();
        plan.satisfied("init", "a");
        plan.satisfied("init", "a");
        assert_eq!(plan.refusal(), Ok(()));
        plan.refused("x\n", "b");
        let unsupported = DevcontainerError::Unsupported { key: "y".into(), reason: "c" };
        assert_eq!(plan.collect::<()>(Err(unsupported)), Ok(None));
        let error = plan.refusal().expect_err("two are refused");
        insta::assert_snapshot!(error, @r"`x\n` is not supported: b; `y` is not supported: c");
        plan.remark("`a` is old");
        assert_eq!(plan.entries()[3].to_string(), "`a` is old");
        assert_eq!(plan.entries()[0].to_string(), "`init` is satisfied: a");
    }
}
