//! The output of `cai image list` and `cai image prune`.

use containai_core::byte_size::ApproximateSize;
use containai_core::engine::ManagedImage;
use containai_core::label;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::images;
use containai::report::escape_control;

/// One image in the output of `cai image list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ImageEntry {
    /// `base`, `agents`, `sdks` or `full`; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its references; empty for an untagged image of an earlier build.
    references: Vec<String>,
    /// The engine's identifier.
    id: String,
    /// The version of the `cai` that built it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The size of its layers in bytes, shared ones included.
    size: u64,
    /// Its creation time in seconds since 1970.
    created: i64,
    /// The number of containers of this image.
    containers: usize,
    /// Whether this version of `cai` uses it.
    current: bool,
}

impl ImageEntry {
    pub(crate) fn list(images: &[ManagedImage]) -> Vec<Self> {
        let current = images::current_references();
        images.iter().map(|image| Self::new(image, &current)).collect()
    }

    fn new(image: &ManagedImage, current: &[String]) -> Self {
        Self {
            name: image.name().map(escape_control),
            references: image.references.iter().map(|it| escape_control(it)).collect(),
            id: escape_control(&image.id),
            version: image.labels.get(label::IMAGE_VERSION).map(escape_control),
            size: image.size,
            created: image.created,
            containers: image.containers,
            current: image.references.iter().any(|it| current.contains(it)),
        }
    }

    /// Its first reference, else a short identifier.
    fn title(&self) -> String {
        let id = || self.id.strip_prefix("sha256:").unwrap_or(&self.id).chars().take(12).collect();
        self.references.first().cloned().unwrap_or_else(id)
    }
}

/// The table of `cai image list` and `cai image prune`.
pub(crate) fn table(images: &[ImageEntry]) -> String {
    let row = |image: &ImageEntry| {
        let size = ApproximateSize(i64::try_from(image.size).unwrap_or(i64::MAX)).to_string();
        let current = if image.current { "yes" } else { "no" };
        vec![image.title(), size, image.containers.to_string(), current.to_owned()]
    };
    let rows: Vec<_> = images.iter().map(row).collect();
    table::table(&["IMAGE", "SIZE", "CONTAINERS", "CURRENT"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_listed_in_a_table() {
        let stored = |reference: Option<&str>, size| ManagedImage {
            id: "sha256:0123456789abcdef0".into(),
            references: reference.map(str::to_owned).into_iter().collect(),
            labels: [(label::IMAGE_NAME, "base"), (label::IMAGE_VERSION, "0.1.0")]
                .into_iter()
                .collect(),
            size,
            created: 7,
            containers: 2,
        };
        let current = ["containai/base:0a1b2c3d4e5f".to_owned()];
        let images = [stored(Some(&current[0]), 600 << 20), stored(None, 5)];
        let images = images.map(|image| ImageEntry::new(&image, &current));
        insta::assert_snapshot!(table(&images));
        insta::assert_snapshot!(serde_json::to_string_pretty(&images[0]).expect("JSON"));
    }
}
