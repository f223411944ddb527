//! Properties that a container does not follow to the letter.

use std::fmt;

/// A property of the file, and its treatment.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PlanEntry {
    /// The property, with dots between objects, or the argument, such as `runArgs --gpus all`; empty
    /// if the reason names it.
    pub property: String,
    /// The treatment.
    pub treatment: Treatment,
    /// The reason, a fragment.
    pub reason: String,
}

/// The treatment of a property by a container. A property without an entry is followed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Treatment {
    /// Every container has it anyway.
    Satisfied,
    /// Left out; the container works without it.
    LeftOut,
    /// No container is created.
    Refused,
}

impl fmt::Display for PlanEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.property.is_empty() {
            return f.write_str(&self.reason);
        }
        let treatment = match self.treatment {
            Treatment::Satisfied => "is satisfied",
            Treatment::LeftOut => "has no effect",
            Treatment::Refused => "is not supported",
        };
        write!(f, "`{}` {treatment}: {}", self.property.escape_debug(), self.reason)
    }
}
