use std::fmt;

use serde::Serialize;

/// The host ids that a container's processes run as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdRangeMode {
    /// Ids that no other container uses: nothing that the kernel decides by user id is shared.
    Own,
    /// Ids shared by all containers of the engine. Kernel keyrings are disabled in them.
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
