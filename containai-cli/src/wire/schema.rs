//! The schemas of what `--json` prints.

use schemars::{JsonSchema, Schema, schema_for};

use super::plan::PlanDocument;
use super::status::Status;
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
        of::<PlanDocument>("cai run --dry-run --json"),
        of::<Status>("cai status --json"),
        of::<Version>("cai version --json"),
    ]
}

fn of<T: JsonSchema>(command: &'static str) -> Output {
    Output { command, schema: schema_for!(T) }
}
