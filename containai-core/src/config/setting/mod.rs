//! The settings, one group per file.

mod agent;
mod engine;
mod env;
mod image;
mod import;
mod isolation;
mod kind;
mod limits;
mod spec;
mod ssh;
mod template;
mod volume;

pub(super) use agent::AGENT;
pub(super) use engine::{DOCKER_HOST, read_docker_host};
pub(super) use env::{FILE, FROM_HOST, IMPORT, read_env_file, read_env_name};
pub(super) use image::{IMAGE, IMAGE_SOURCE, read_image};
pub use image::{ImageError, parse_image};
pub(super) use import::{
    ALLOWED, CREDENTIALS, EXCLUDE_PRIVATE, EXCLUDES, NOT_EXPORTED, PATHS, read_allowed,
    read_exclude, read_home_path, read_word,
};
pub(super) use isolation::ISOLATION;
pub use isolation::{IsolationChoice, UnknownIsolation};
pub use kind::Kind;
pub(super) use limits::{CPU_LIMIT, MEMORY_LIMIT};
pub use limits::{LimitError, parse_memory};
pub use spec::{SETTINGS, Scope, SettingSpec};
pub(super) use ssh::{
    FORWARD_AGENT, LOCAL_FORWARD, MUX, MUX_IDLE, OPTIONS, PORT_RANGE_END, PORT_RANGE_START,
    REMOTE_FORWARD, read_client_option, read_idle, read_local_forward, read_remote_forward,
    read_switch,
};
pub(super) use template::{DEVCONTAINER, TEMPLATE, read_template};
pub use template::{DevcontainerChoice, InvalidDevcontainer};
pub(super) use volume::DATA_VOLUME;
