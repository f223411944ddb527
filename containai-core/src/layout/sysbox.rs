//! Where the shim in front of Sysbox is.

use std::path::PathBuf;

use super::EngineLayout;

impl EngineLayout {
    /// The OCI runtime shim in front of Sysbox.
    pub fn sysbox_runtime(&self) -> PathBuf {
        self.libexec_dir().join("containai-sysbox-runc")
    }
}
