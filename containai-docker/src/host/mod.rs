//! Setup of a host: from a bare machine to a running dedicated engine.
//!
//! [`SetupFacts::gather`] inspects the host without changing it, [`plan()`] computes the missing
//! steps as a pure function, and [`apply()`] runs them as root. The plan for a host that is set up
//! is empty; an interrupted step is planned again. An existing Docker engine and its firewall
//! chains stay unchanged.
//!
//! ```no_run
//! use containai_core::layout::EngineLayout;
//! use containai_docker::host::{IgnoreSetupEvents, SetupFacts, SetupOptions, apply, plan};
//!
//! let layout = EngineLayout::default();
//! let options = SetupOptions::new("/usr/local/bin/cai");
//! let facts = SetupFacts::gather(&layout, &options)?;
//! let plan = plan(&facts, &options, &layout)?;
//! for step in &plan.steps {
//!     println!("{}", step.describe());
//! }
//! apply(&plan, &layout, &IgnoreSetupEvents)?;
//! # Ok::<(), containai_docker::host::SetupError>(())
//! ```

mod accounts;
mod apply;
mod apt;
mod apt_command;
mod apt_progress;
mod command;
mod container_ids;
mod daemon_json;
mod docker_context;
mod engine_names;
mod error;
mod event;
mod executable;
mod facts;
mod file;
mod gather;
mod kernel_limits;
mod network;
mod options;
mod packages;
mod ping;
mod plan;
mod platform;
mod privilege;
mod published_port;
mod record;
mod routes;
mod service_manager;
mod startup;
mod step;
mod subnet;
mod subordinate;
pub mod supervisor;
mod sysbox_files;
mod unit;

pub use accounts::{Accounts, GroupEntry};
pub use apply::apply;
pub use command::{HostCommand, HostCommandError};
pub use container_ids::probe_id_ranges;
pub use docker_context::{CONTEXT_NAME, DockerContext};
pub use engine_names::{EngineNames, SYSTEM_USER};
pub use error::{SetupError, SysboxProblem};
pub use event::{IgnoreSetupEvents, SetupEvent, SetupEvents};
pub use facts::{InstalledProgram, SetupFacts};
pub use gather::sysbox_state;
pub use network::{BridgePortError, Network, NetworkState, pin as pin_ports};
pub use options::SetupOptions;
pub use packages::{PackageFacts, PackageNeed, PackageNeeds};
pub use ping::{EngineState, SysboxState, ping, probe_sysbox};
pub use plan::{SetupPlan, plan};
pub use platform::Platform;
pub use privilege::{Elevator, Privilege};
pub use published_port::forwards_port;
pub use record::EngineRecord;
pub use service_manager::ServiceManager;
pub use startup::{RestartWait, wait_while_starting};
pub use step::{IdsOwner, MissingAccounts, SetupStep, StepDetail};
pub use subnet::{Subnet, SubnetError};
pub use subordinate::{IdRange, IdRangeChange, SubordinateEntry};
pub use supervisor::main as supervisor_main;
pub(crate) use sysbox_files::{SYSBOX_RUNC, SysboxFiles, SysboxIds};
