//! The schemas of `--json` outputs.

use schemars::{JsonSchema, Schema, schema_for};

use super::agent_session::AgentSessionEntry;
use super::agents::AgentEntry;
use super::config::SettingOutput;
use super::df::DiskUsageOutput;
use super::image::ImageEntry;
use super::list::ContainerListEntry;
use super::plan::PlanDocument;
use super::ports::PortEntry;
use super::resources::ResourcesOutput;
use super::snapshot;
use super::stats::StatisticsEntry;
use super::status::StatusOutput;
use super::template;
use super::version::VersionOutput;

/// A command with JSON output, and its schema.
pub(crate) struct JsonOutput {
    /// The command line.
    pub(crate) command: &'static str,
    /// JSON Schema, draft 2020-12.
    pub(crate) schema: Schema,
}

/// All outputs of `--json`.
pub(crate) fn outputs() -> Vec<JsonOutput> {
    vec![
        of::<Vec<AgentEntry>>("cai agents --json"),
        of::<Vec<SettingOutput>>("cai config list --json"),
        of::<SettingOutput>("cai config get --json"),
        of::<DiskUsageOutput>("cai df --json"),
        of::<Vec<ImageEntry>>("cai image list --json"),
        of::<Vec<ImageEntry>>("cai image prune --json"),
        of::<Vec<ContainerListEntry>>("cai list --json"),
        of::<Vec<PortEntry>>("cai ports --json"),
        of::<ResourcesOutput>("cai resources --json"),
        of::<Vec<StatisticsEntry>>("cai stats --json"),
        of::<PlanDocument>("cai run --dry-run --json"),
        of::<Vec<AgentSessionEntry>>("cai session list --json"),
        of::<Vec<snapshot::SnapshotEntry>>("cai snapshot list --json"),
        of::<StatusOutput>("cai status --json"),
        of::<Vec<template::TemplateEntry>>("cai template list --json"),
        of::<VersionOutput>("cai version --json"),
    ]
}

fn of<T: JsonSchema>(command: &'static str) -> JsonOutput {
    JsonOutput { command, schema: schema_for!(T) }
}
