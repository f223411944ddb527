//! Names in namespaces that all engines of a host share: interfaces, firewall chains and containerd
//! namespaces.

use containai_core::layout::EngineLayout;
use sha2::{Digest, Sha256};

/// The system user that owns the subordinate ids of containers, and the group with access to the
/// engine's socket.
pub const SYSTEM_USER: &str = "containai";

/// Owner of the reserved ids in subuid(5) and subgid(5). It is not the engine's user: with
/// `userns-remap`, every container would get all of that user's ids.
pub(super) const CONTAINER_IDS_USER: &str = "containai-ids";

/// The names of one engine. The engine at root `/` has plain names; the names of others end in six
/// hexadecimal digits of the SHA-256 of their root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineNames {
    digest: [u8; 3],
    suffix: String,
}

impl EngineNames {
    /// Returns the names of the engine at `layout`.
    pub fn of(layout: &EngineLayout) -> Self {
        let root = layout.root();
        if root == std::path::Path::new("/") {
            return Self { digest: [0; 3], suffix: String::new() };
        }
        let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let digest = [hash[0], hash[1], hash[2]];
        let suffix = hex::encode(digest);
        Self { digest, suffix }
    }

    /// Returns the name of the bridge; at most 15 bytes, the kernel's limit.
    pub fn bridge(&self) -> String {
        if self.suffix.is_empty() { "cai0".to_owned() } else { format!("cai{}", self.suffix) }
    }

    /// Returns the chain that `FORWARD` of the filter table jumps to.
    pub fn forward_chain(&self) -> String {
        self.with_suffix("CONTAINAI-FORWARD")
    }

    /// Returns the chain that `PREROUTING` of the mangle table jumps to.
    pub fn source_chain(&self) -> String {
        self.with_suffix("CONTAINAI-SOURCE")
    }

    /// Returns the chain that `FORWARD` of the mangle table jumps to.
    pub fn isolation_chain(&self) -> String {
        self.with_suffix("CONTAINAI-ISOLATION")
    }

    /// Returns the chain that `OUTPUT` of the mangle table jumps to.
    pub fn output_chain(&self) -> String {
        self.with_suffix("CONTAINAI-OUTPUT")
    }

    /// Returns the chain that `POSTROUTING` of the nat table jumps to.
    pub fn nat_chain(&self) -> String {
        self.with_suffix("CONTAINAI-NAT")
    }

    /// Returns the containerd namespace, which separates the engine's containers from those of
    /// other engines on the host's containerd.
    pub fn containerd_namespace(&self) -> String {
        self.with_suffix("containai")
    }

    /// Returns the containerd namespace of engine plugins.
    pub fn plugin_namespace(&self) -> String {
        self.with_suffix("containai-plugins")
    }

    /// Returns the offset of the first candidate subnet, which differs between the engines of a
    /// host.
    pub fn subnet_offset(&self) -> u8 {
        self.digest[0]
    }

    fn with_suffix(&self, name: &str) -> String {
        if self.suffix.is_empty() { name.to_owned() } else { format!("{name}-{}", self.suffix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_default_engine_has_unsuffixed_names() {
        let names = EngineNames::of(&EngineLayout::default());
        assert_eq!(names.bridge(), "cai0");
        assert_eq!(names.forward_chain(), "CONTAINAI-FORWARD");
        let other = EngineNames::of(&EngineLayout::at("/srv/second"));
        assert_eq!(other.bridge().len(), 9);
        assert!(other.isolation_chain().len() <= 28, "iptables-extensions(8) allows 28 bytes");
        assert_ne!(other, EngineNames::of(&EngineLayout::at("/srv/third")));
    }
}
