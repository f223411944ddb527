//! Workspaces with a `devcontainer.json`.

mod container;
mod arguments;
mod attach;
mod files;
mod ports;
mod selection;
mod reference_parser;
mod trust;
