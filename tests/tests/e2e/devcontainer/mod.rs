//! Workspaces with a `devcontainer.json`.

mod container;
mod files;
mod reference_parser;
mod trust;
