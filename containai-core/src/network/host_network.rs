//! The host's network settings for containers.

use super::{CertificateSet, ProxySettings};

/// The certificates and proxies that a container gets, before each start. They replace those of an
/// earlier start.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostNetwork {
    /// Certificates that are trusted in addition to those of the image.
    pub certificates: CertificateSet,
    /// Proxies. They may contain passwords, and are neither in the container's configuration nor in
    /// its labels.
    pub proxies: ProxySettings,
}
