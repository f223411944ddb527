//! The table of results.

use std::fmt;
use std::time::Duration;

use crate::round::median;

/// One comparison, or one measurement without a comparison.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    ours: String,
    theirs: String,
    ratio: String,
    goal: String,
    is_met: bool,
}

impl Row {
    /// Compares our times with others: the ratio of the medians is at most `most`.
    pub(crate) fn against(what: &str, ours: &[Duration], theirs: &[Duration], most: f64) -> Self {
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        Self {
            what: what.to_owned(),
            ours: milliseconds(ours),
            theirs: milliseconds(theirs),
            ratio: format!("{ratio:.2}"),
            goal: format!("<= {most}"),
            is_met: ratio <= most,
        }
    }

    /// Our times alone: the median is below `limit`.
    pub(crate) fn alone(what: &str, ours: &[Duration], limit: Duration) -> Self {
        let ours = median(ours);
        Self::below(what, milliseconds(ours), &milliseconds(limit), ours < limit)
    }

    /// Our peak memory in bytes: less than `limit`.
    pub(crate) fn memory(what: &str, ours: u64, limit: u64) -> Self {
        Self::below(what, megabytes(ours), &megabytes(limit), ours < limit)
    }

    fn below(what: &str, ours: String, limit: &str, is_met: bool) -> Self {
        let (what, goal) = (what.to_owned(), format!("< {limit}"));
        Self { what, ours, theirs: String::new(), ratio: String::new(), goal, is_met }
    }
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.0.extend(rows);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["", "ours", "theirs", "ratio", "goal", ""];
        line(f, &head)?;
        for row in &self.0 {
            let Row { what, ours, theirs, ratio, goal, is_met } = row;
            let met = if *is_met { "met" } else { "not met" };
            let cells = [what, ours, theirs, ratio, goal].map(String::as_str);
            line(f, &[&cells[..], &[met]].concat())?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[&str]) -> fmt::Result {
    for (cell, width) in cells.iter().zip([0, 10, 10, 6, 9]) {
        match width {
            0 => write!(f, "{cell:<52}")?,
            width => write!(f, " {cell:>width$}")?,
        }
    }
    writeln!(f, "  {}", cells.last().copied().unwrap_or_default())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_apply_to_medians() {
        let ms = Duration::from_millis;
        let ratio = |ours, theirs| Row::against("", &[ms(ours)], &[ms(theirs)], 0.5).is_met;
        assert!(ratio(5, 10));
        assert!(!ratio(6, 10));
        assert!(Row::alone("", &[ms(4)], ms(5)).is_met);
        assert!(Row::memory("", 39_999_999, 40_000_000).is_met);
        assert!(!Row::alone("", &[ms(5)], ms(5)).is_met);
    }
}
