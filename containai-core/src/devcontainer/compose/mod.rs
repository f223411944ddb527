//! Compose files: the named service is the container, and the others run in the Docker engine inside.
//!
//! The host reads the named service only, and turns it to properties of `devcontainer.json`, which
//! are judged as if they had been written there. The other services are read, built and run by
//! `docker compose` in the container.
//!
//! Source: <https://docs.docker.com/reference/compose-file/>.

mod document;
mod env_file;
mod interpolate;
mod merge;
mod paths;
mod program;
mod project;
mod run_args;
mod volumes;
mod yaml;

#[cfg(test)]
mod tests;

pub use program::{COMPOSE_PROGRAM, COMPOSE_UNIT, COMPOSE_UNIT_NAME};
pub use project::{ComposeInput, ComposeProject, ComposeReader};
