//! Lists as a table or as JSON.

use serde::Serialize;

use crate::ui::Ui;

/// The format of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ListFormat {
    /// A table.
    Table,
    /// A JSON array.
    Json,
}

impl ListFormat {
    /// The format that `--json` selects.
    pub(crate) fn new(is_json: bool) -> Self {
        if is_json { Self::Json } else { Self::Table }
    }
}

/// Prints a list; an empty table is replaced by the message `empty` on stderr.
pub(crate) fn print_list<T: Serialize>(
    ui: &Ui,
    format: ListFormat,
    entries: &[T],
    table: impl Fn(&[T]) -> String,
    empty: &str,
) -> anyhow::Result<()> {
    match format {
        ListFormat::Json => ui.data(&serde_json::to_string_pretty(entries)?)?,
        ListFormat::Table if entries.is_empty() => ui.say(empty),
        ListFormat::Table => ui.data(&table(entries))?,
    }
    Ok(())
}
