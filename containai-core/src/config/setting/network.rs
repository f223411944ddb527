//! The host's network settings.

use super::{SettingKind, SettingScope, SettingSpec, read_bool};
use crate::config::Trust;

/// Whether containers trust the certificates that were added to this machine; default yes.
pub(in crate::config) const NETWORK_CERTIFICATES: SettingSpec = SettingSpec {
    key: "network.certificates",
    scope: SettingScope::UserOrWorkspace("network.certificates"),
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: SettingKind::Bool,
    default: "true",
    summary: "whether containers trust the certificate authorities that were added to this machine",
    check: |text| read_bool(text).map(drop),
};

/// Whether containers use the proxies of this machine; default yes.
pub(in crate::config) const NETWORK_PROXIES: SettingSpec = SettingSpec {
    key: "network.proxies",
    scope: SettingScope::UserOrWorkspace("network.proxies"),
    summary: "whether containers use the proxies of this machine, `HTTPS_PROXY` and others",
    ..NETWORK_CERTIFICATES
};
