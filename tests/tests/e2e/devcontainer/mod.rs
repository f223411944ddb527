//! Workspaces that say how they are worked on, in a `devcontainer.json`.

mod compared;
mod container;
mod described;
mod trusted;
