//! Agents: which there are, which a container has, and what is set before their first start.

mod first_start;
mod installed;
mod known;

pub use first_start::prepare_first_start;
pub use installed::{AgentLoginPresence, InstalledAgent, installed_agents};
pub use known::{find_agent, known_agents};
pub(crate) use known::{missing_agent, shipped_name};
