//! The schemas of what `--json` prints.

use schemars::{JsonSchema, Schema, schema_for};

use super::config::Value;
use super::image::Image;
use super::list::Entry;
use super::plan::PlanDocument;
use super::resources::Allowance;
use super::snapshot;
use super::stats::Figures;
use super::status::Status;
use super::template;
use super::version::Version;

/// A command that prints JSON, and the schema of it.
pub(crate) struct Output {
    /// The command line.
    pub(crate) command: &'static str,
    /// JSON Schema, draft 2020-12.
    pub(crate) schema: Schema,
}

/// Everything that `--json` prints.
pub(crate) fn outputs() -> Vec<Output> {
    vec![
        of::<Vec<Value>>("cai config list --json"),
        of::<Value>("cai config get --json"),
        of::<Vec<Image>>("cai image list --json"),
        of::<Vec<Image>>("cai image prune --json"),
        of::<Vec<Entry>>("cai list --json"),
        of::<Allowance>("cai resources --json"),
        of::<Vec<Figures>>("cai stats --json"),
        of::<PlanDocument>("cai run --dry-run --json"),
        of::<Vec<snapshot::Entry>>("cai snapshot list --json"),
        of::<Status>("cai status --json"),
        of::<Vec<template::Entry>>("cai template list --json"),
        of::<Version>("cai version --json"),
    ]
}

fn of<T: JsonSchema>(command: &'static str) -> Output {
    Output { command, schema: schema_for!(T) }
}
