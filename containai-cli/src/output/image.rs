//! The output of `cai image list` and `cai image prune`.

use containai_core::byte_size::ApproximateSize;
use containai_core::engine::ManagedImage;
use containai_core::label;
use schemars::JsonSchema;
use serde::Serialize;

use containai::report::escape_control;

/// One image.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ImageEntry {
    /// `base`, `agents`, `sdks` or `full`; absent where the files did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What names it in the engine; none for what a build left behind.
    references: Vec<String>,
    /// The engine's identifier.
    id: String,
    /// The version of the `cai` that built it.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Bytes of all its layers, shared ones included.
    size: u64,
    /// When it was made, in seconds since 1970.
    created: i64,
    /// How many containers are made of it.
    containers: usize,
    /// Whether this version of `cai` would use it.
    current: bool,
}

impl ImageEntry {
    pub(crate) fn of(image: &ManagedImage, current: &[String]) -> Self {
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
}

/// What to call an image: its first reference, else a short identifier.
pub(crate) fn label(image: &ManagedImage) -> String {
    title(&image.references, &image.id)
}

/// Columns for people.
pub(crate) fn table(images: &[ImageEntry]) -> String {
    let head = ["IMAGE", "SIZE", "CONTAINERS", "CURRENT"].map(str::to_owned);
    let rows = images.iter().map(|image| {
        let current = if image.current { "yes" } else { "no" };
        let size = ApproximateSize(i64::try_from(image.size).unwrap_or(i64::MAX)).to_string();
        [
            title(&image.references, &image.id),
            size,
            image.containers.to_string(),
            current.to_owned(),
        ]
    });
    let rows: Vec<_> = [head].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let (first, second) = (width(0), width(1));
    let lines = rows.iter().map(|[image, size, containers, current]| {
        format!("{image:<first$}  {size:>second$}  {containers:>10}  {current}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn title(references: &[String], id: &str) -> String {
    let short = || id.strip_prefix("sha256:").unwrap_or(id).chars().take(12).collect();
    escape_control(&references.first().cloned().unwrap_or_else(short))
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
        let images = images.map(|image| ImageEntry::of(&image, &current));
        insta::assert_snapshot!(table(&images));
        insta::assert_snapshot!(serde_json::to_string_pretty(&images[0]).expect("JSON"));
    }
}
