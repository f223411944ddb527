//! Git configurations: what of a user's configuration works in a container.

mod condition;
mod filter;
mod include;
mod program;
mod rule;
mod syntax;

pub use condition::IncludePlace;
pub use filter::{FilteredGitConfig, filter_git_config, git_config_files};
pub use include::{GitConfigPart, conditional_include, git_config_parts};
