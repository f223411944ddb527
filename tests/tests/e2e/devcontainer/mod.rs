//! Workspaces with a `devcontainer.json`.

mod arguments;
mod attach;
mod compose;
mod container;
mod features;
mod files;
mod ports;
mod reference_parser;
mod registries;
mod selection;
mod trust;
