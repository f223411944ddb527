use std::fmt;

use serde::Serialize;

/// The ids of the host that a container's processes run as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdRangeMode {
    /// No other container has them: nothing that the kernel decides by the id of a user is shared.
    Own,
    /// Those of all containers of the engine. The kernel's keys are denied inside.
    Shared,
}

impl fmt::Display for IdRangeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Shared => "shared",
        })
    }
}
