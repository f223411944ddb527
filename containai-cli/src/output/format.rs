//! Outputs as text or as JSON.

use serde::Serialize;

use crate::ui::Ui;

/// The format of an output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OutputFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
}

impl OutputFormat {
    /// The format that `--json` selects.
    pub(crate) fn new(is_json: bool) -> Self {
        if is_json { Self::Json } else { Self::Text }
    }
}

/// Prints an object.
pub(crate) fn print_object<T: Serialize>(
    ui: &Ui,
    format: OutputFormat,
    object: &T,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    ui.data(&match format {
        OutputFormat::Json => serde_json::to_string_pretty(object)?,
        OutputFormat::Text => text(object),
    })
}

/// Prints a list; an empty table is replaced by the message `empty` on stderr.
pub(crate) fn print_list<T: Serialize>(
    ui: &Ui,
    format: OutputFormat,
    entries: &[T],
    table: impl Fn(&[T]) -> String,
    empty: &str,
) -> anyhow::Result<()> {
    if entries.is_empty() && format == OutputFormat::Text {
        ui.say(empty);
        return Ok(());
    }
    print_object(ui, format, &entries, |entries| table(entries))
}
