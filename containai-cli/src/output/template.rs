//! The output of `cai template list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;
use containai::templates::{Template, TemplateImage};

/// One template in the output of `cai template list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct TemplateEntry {
    /// Its name.
    name: String,
    /// The path of its Dockerfile.
    path: String,
    /// The reference of its up-to-date image; absent if it cannot be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(flatten)]
    state: TemplateState,
}

/// The state of a template's image.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum TemplateState {
    /// The image exists and is up to date.
    Built,
    /// The image exists on another base than the configured one.
    BuiltOn {
        /// The short name of the base image.
        base: &'static str,
    },
    /// The image is missing or outdated.
    NotBuilt,
    /// The engine does not respond.
    Unknown,
    /// The template cannot be built.
    Broken {
        /// The error.
        reason: String,
    },
}

impl TemplateEntry {
    pub(crate) fn new(template: &Template, image: TemplateImage) -> Self {
        let (image, state) = match image {
            TemplateImage::Built(image) => (Some(image), TemplateState::Built),
            TemplateImage::BuiltOn(image, base) => {
                (Some(image), TemplateState::BuiltOn { base: base.name() })
            }
            TemplateImage::NotBuilt(image) => (Some(image), TemplateState::NotBuilt),
            TemplateImage::Unknown(image) => (Some(image), TemplateState::Unknown),
            TemplateImage::Invalid(reason) => (None, TemplateState::Broken { reason }),
        };
        let path = template.path().display().to_string();
        Self { name: template.name.to_string(), path, image, state }
    }
}

/// The table of `cai template list`.
pub(crate) fn table(entries: &[TemplateEntry]) -> String {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let state = match &entry.state {
                TemplateState::Built => "built".to_owned(),
                TemplateState::BuiltOn { base } => format!("built on {base}"),
                TemplateState::NotBuilt => "not built".to_owned(),
                TemplateState::Unknown => "engine does not respond".to_owned(),
                TemplateState::Broken { .. } => "broken: see `cai template check`".to_owned(),
            };
            vec![
                entry.name.clone(),
                state,
                entry.image.clone().unwrap_or_default(),
                escape_control(&entry.path),
            ]
        })
        .collect();
    table::table(&["NAME", "STATE", "IMAGE", "PATH"], &rows)
}
