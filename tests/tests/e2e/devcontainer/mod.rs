//! Workspaces with a `devcontainer.json`.

mod compose;
mod container;
mod files;
mod reference_parser;
mod trust;
