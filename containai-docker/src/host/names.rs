//! The names that an engine leaves in name spaces that all engines of a host
//! share: interfaces, firewall chains, containerd namespaces.

use containai_core::layout::EngineLayout;
use sha2::{Digest, Sha256};

/// The system user whose subordinate ids containers get, and the group that
/// may use the engine's socket.
pub const SYSTEM_USER: &str = "containai";

/// The names of one engine. Only an engine whose root is `/` has plain names;
/// others carry six hexadecimal digits of their root's SHA-256.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EngineNames {
    digest: [u8; 3],
    suffix: String,
}

impl EngineNames {
    /// The names of the engine at `layout`.
    pub fn of(layout: &EngineLayout) -> Self {
        let root = layout.root();
        if root == std::path::Path::new("/") {
            return Self { digest: [0; 3], suffix: String::new() };
        }
        let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let digest = [hash[0], hash[1], hash[2]];
        let suffix = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { digest, suffix }
    }

    /// The bridge; at most 15 bytes, as the kernel asks.
    pub fn bridge(&self) -> String {
        if self.suffix.is_empty() { "cai0".to_owned() } else { format!("cai{}", self.suffix) }
    }

    /// The chain that the filter table's `FORWARD` jumps to.
    pub fn forward_chain(&self) -> String {
        self.suffixed("CONTAINAI-FORWARD")
    }

    /// The chain that the mangle table's `PREROUTING` jumps to.
    pub fn source_chain(&self) -> String {
        self.suffixed("CONTAINAI-SOURCE")
    }

    /// The chain that the mangle table's `FORWARD` jumps to.
    pub fn isolation_chain(&self) -> String {
        self.suffixed("CONTAINAI-ISOLATION")
    }

    /// The chain that the mangle table's `OUTPUT` jumps to.
    pub fn output_chain(&self) -> String {
        self.suffixed("CONTAINAI-OUTPUT")
    }

    /// The chain that the nat table's `POSTROUTING` jumps to.
    pub fn nat_chain(&self) -> String {
        self.suffixed("CONTAINAI-NAT")
    }

    /// Keeps our containers out of sight of another engine that shares the
    /// host's containerd.
    pub fn containerd_namespace(&self) -> String {
        self.suffixed("containai")
    }

    /// The namespace of engine plugins.
    pub fn plugin_namespace(&self) -> String {
        self.suffixed("containai-plugins")
    }

    /// Spreads the engines of one host over the candidate subnets.
    pub fn turn(&self) -> u8 {
        self.digest[0]
    }

    fn suffixed(&self, name: &str) -> String {
        if self.suffix.is_empty() { name.to_owned() } else { format!("{name}-{}", self.suffix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_engine_has_plain_names() {
        let names = EngineNames::of(&EngineLayout::default());
        assert_eq!(names.bridge(), "cai0");
        assert_eq!(names.forward_chain(), "CONTAINAI-FORWARD");
        let other = EngineNames::of(&EngineLayout::at("/srv/second"));
        assert_eq!(other.bridge().len(), 9);
        assert!(other.isolation_chain().len() <= 28, "iptables-extensions(8) allows 28 bytes");
        assert_ne!(other, EngineNames::of(&EngineLayout::at("/srv/third")));
    }
}
