//! Arguments that several verbs share, one group a file.

mod agent_forwarding;
mod container;
mod container_ref;
mod env;
mod forward;
mod session;
mod target;
mod volume;

pub(crate) use agent_forwarding::AgentForwardingArgs;
pub(crate) use container_ref::ContainerRefArgs;
pub(crate) use env::EnvArgs;
pub(crate) use forward::ForwardSpecArgs;
pub(crate) use session::{SessionArgs, print_plan};
pub(crate) use target::{TargetArgs, TargetOptions};
pub(crate) use volume::VolumeArgs;
