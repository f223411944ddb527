//! Tables of text.

/// Lays out rows below a head. Columns are as wide as their widest cell; the last one is not
/// padded. Empty cells become `-`, and line breaks, which paths may contain, U+FFFD.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |text: &String| match text.is_empty() {
        true => "-".to_owned(),
        false => text.replace('\n', "\u{fffd}"),
    };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>());
    let titles = head.iter().map(|title| (*title).to_owned()).collect();
    let rows: Vec<_> = std::iter::once(titles).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
