//! Network settings of the host that programs need: additional certificates and proxies.

mod certificate;
mod certificate_set;
mod host_network;
mod proxy_address;
mod proxy_settings;

pub use certificate::Certificate;
pub use certificate_set::CertificateSet;
pub use host_network::HostNetwork;
pub use proxy_address::ProxyAddress;
pub use proxy_settings::{ProxyIssue, ProxySettings};
