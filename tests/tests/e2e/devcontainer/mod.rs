//! Workspaces with a `devcontainer.json`.

mod container;
mod features;
mod files;
mod reference_parser;
mod registries;
mod trust;
