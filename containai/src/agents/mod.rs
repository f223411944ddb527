//! Agents: which there are, which a container has, and what is set before their first start.

mod first_start;
mod installed;

pub use crate::known_agents::{find_agent, known_agents};
pub use first_start::prepare_first_start;
pub use installed::{AgentLoginPresence, InstalledAgent, installed_agents};
