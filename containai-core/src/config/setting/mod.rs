//! The settings, one group per file.

mod agent;
mod credentials;
mod engine;
mod env;
mod image;
mod import;
mod isolation;
mod kind;
mod limits;
mod network;
mod restart;
mod session;
mod spec;
mod ssh;
mod switch;
mod table;
mod template;
mod volume;

pub(super) use agent::{AGENT, AGENT_MODE};
pub use agent::{AgentMode, UnknownAgentMode};
pub use credentials::SharedCredentials;
pub(super) use credentials::{CREDENTIALS_SHARED, read_shared_credentials};
pub(super) use engine::{DOCKER_HOST, read_docker_host};
pub(super) use env::{ENV_FILE, ENV_FROM_HOST, ENV_IMPORT, read_env_name, read_workspace_path};
pub(super) use image::{IMAGE, IMAGE_SOURCE, read_image};
pub use image::{ImageReferenceError, is_image_reference, parse_image};
pub(super) use import::{
    EXPORT_EXCLUDES, IMPORT_ALLOWED_SECRETS, IMPORT_CREDENTIALS, IMPORT_EXCLUDE_PRIVATE,
    IMPORT_EXCLUDES, IMPORT_ON_CREATE, IMPORT_PATHS, read_allowed_secret, read_exclude,
    read_home_path, read_manifest_name,
};
pub(super) use isolation::ISOLATION;
pub use isolation::{IsolationChoice, UnknownIsolation};
pub use kind::SettingKind;
pub(super) use limits::{CPU_LIMIT, MEMORY_LIMIT};
pub use limits::{MemoryLimitError, parse_memory};
pub(super) use network::{NETWORK_CERTIFICATES, NETWORK_PROXIES};
pub(super) use restart::RESTART;
pub use session::{InvalidSessionNotification, SessionNotification};
pub(super) use session::{SESSION_NOTIFY, TERMINAL_CLIPBOARD};
pub use spec::{SettingScope, SettingSpec};
pub(super) use ssh::{
    AUTO_START, FORWARD_AGENT, LOCAL_FORWARD, MUX, MUX_IDLE, PORT_RANGE_END, PORT_RANGE_START,
    REMOTE_FORWARD, SSH_OPTIONS, read_client_option, read_idle, read_local_forward,
    read_remote_forward,
};
pub(super) use switch::read_bool;
pub use table::SETTINGS;
pub(super) use template::{DEVCONTAINER, TEMPLATE, read_template};
pub use template::{DevcontainerChoice, InvalidDevcontainerChoice};
pub(super) use volume::DATA_VOLUME;
