//! The table of all settings.

use super::{
    SettingSpec, agent, credentials, engine, env, image, import, isolation, limits, network,
    restart, session, ssh, template, volume,
};
use crate::config::did_you_mean::closest_match;

/// All settings, in display order.
pub const SETTINGS: &[SettingSpec] = &[
    agent::AGENT,
    agent::AGENT_MODE,
    image::IMAGE,
    image::IMAGE_SOURCE,
    template::TEMPLATE,
    template::DEVCONTAINER,
    isolation::ISOLATION,
    engine::DOCKER_HOST,
    volume::DATA_VOLUME,
    limits::MEMORY_LIMIT,
    limits::CPU_LIMIT,
    credentials::CREDENTIALS_SHARED,
    network::NETWORK_CERTIFICATES,
    network::NETWORK_PROXIES,
    restart::RESTART,
    env::ENV_IMPORT,
    env::ENV_FROM_HOST,
    env::ENV_FILE,
    import::IMPORT_PATHS,
    import::IMPORT_EXCLUDES,
    import::IMPORT_EXCLUDE_PRIVATE,
    import::IMPORT_ON_CREATE,
    import::IMPORT_CREDENTIALS,
    import::IMPORT_ALLOWED_SECRETS,
    import::EXPORT_EXCLUDES,
    ssh::PORT_RANGE_START,
    ssh::PORT_RANGE_END,
    ssh::AUTO_START,
    ssh::FORWARD_AGENT,
    ssh::LOCAL_FORWARD,
    ssh::REMOTE_FORWARD,
    ssh::SSH_OPTIONS,
    ssh::MUX,
    ssh::MUX_IDLE,
    session::TERMINAL_CLIPBOARD,
    session::SESSION_NOTIFY,
];

impl SettingSpec {
    /// Finds a setting by its key, or by its key in workspace tables.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        let whole = SETTINGS.iter().find(|setting| setting.key == key);
        whole.or_else(|| SETTINGS.iter().find(|setting| setting.section_key() == Some(key)))
    }

    /// Returns the known key closest to a misspelt one.
    #[must_use]
    pub fn closest_key(key: &str) -> Option<&'static str> {
        closest_match(key, SETTINGS.iter().map(|setting| setting.key))
    }
}
