//! The path of the shim for Sysbox.

use std::path::PathBuf;

use super::EngineLayout;

impl EngineLayout {
    /// The OCI runtime shim for Sysbox.
    pub fn sysbox_runtime(&self) -> PathBuf {
        self.libexec_dir().join("containai-sysbox-runc")
    }
}
