//! The output of `cai template list`.

use std::path::Path;

use containai_core::naming::TemplateName;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;

/// One template in the output of `cai template list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct TemplateEntry {
    /// Its name.
    name: String,
    /// Its Dockerfile.
    path: String,
    /// The image that it makes as it is now; absent when it makes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(flatten)]
    state: TemplateState,
}

/// Whether the image of a template is there.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum TemplateState {
    /// It is, made of the template as it is now.
    Built,
    /// It is not, or the template has changed since.
    NotBuilt,
    /// The engine does not answer.
    Unknown,
    /// It cannot be built.
    Broken {
        /// Why not.
        reason: String,
    },
}

impl TemplateEntry {
    pub(crate) fn new(
        name: &TemplateName,
        path: &Path,
        image: Option<String>,
        state: TemplateState,
    ) -> Self {
        Self { name: name.to_string(), path: path.display().to_string(), image, state }
    }
}

/// The list for people.
pub(crate) fn table(entries: &[TemplateEntry]) -> String {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let state = match &entry.state {
                TemplateState::Built => "built",
                TemplateState::NotBuilt => "not built",
                TemplateState::Unknown => "engine does not answer",
                TemplateState::Broken { .. } => "broken: see `cai template check`",
            };
            vec![
                entry.name.clone(),
                state.to_owned(),
                entry.image.clone().unwrap_or_else(|| "-".to_owned()),
                escape_control(&entry.path),
            ]
        })
        .collect();
    table::table(&["NAME", "STATE", "IMAGE", "PATH"], &rows)
}
