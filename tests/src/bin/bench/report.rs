//! The table at the end.

use std::fmt;
use std::time::Duration;

use crate::round::median;

/// What is wanted of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The ratio of the medians is at most this.
    Ratio(f64),
    /// The median is below this.
    Below(Duration),
}

/// One comparison, or one time without anything to compare it to.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    ours: Duration,
    theirs: Option<Duration>,
    goal: Goal,
}

impl Row {
    /// Our times against those of something else.
    pub(crate) fn against(what: &str, ours: &[Duration], theirs: &[Duration], most: f64) -> Self {
        let (ours, theirs) = (median(ours), Some(median(theirs)));
        Self { what: what.to_owned(), ours, theirs, goal: Goal::Ratio(most) }
    }

    /// Our times alone.
    pub(crate) fn alone(what: &str, ours: &[Duration], limit: Duration) -> Self {
        Self { what: what.to_owned(), ours: median(ours), theirs: None, goal: Goal::Below(limit) }
    }

    fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours.as_secs_f64() / theirs.as_secs_f64())
    }

    fn is_met(&self) -> bool {
        match self.goal {
            Goal::Ratio(most) => self.ratio().is_some_and(|ratio| ratio <= most),
            Goal::Below(limit) => self.ours < limit,
        }
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
        line(f, &head.map(str::to_owned))?;
        for row in &self.0 {
            let goal = match row.goal {
                Goal::Ratio(most) => format!("<= {most}"),
                Goal::Below(limit) => format!("< {}", milliseconds(limit)),
            };
            let met = if row.is_met() { "met" } else { "not met" };
            let ratio = row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let theirs = row.theirs.map_or_else(String::new, milliseconds);
            let ours = milliseconds(row.ours);
            line(f, &[row.what.clone(), ours, theirs, ratio, goal, met.to_owned()])?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 6]) -> fmt::Result {
    let [what, ours, theirs, ratio, goal, met] = cells;
    writeln!(f, "{what:<52} {ours:>10} {theirs:>10} {ratio:>6} {goal:>9}  {met}")
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged_by_medians() {
        let ms = Duration::from_millis;
        let ratio = |ours, theirs| Row::against("", &[ms(ours)], &[ms(theirs)], 0.5).is_met();
        assert!(ratio(5, 10));
        assert!(!ratio(6, 10));
        assert!(Row::alone("", &[ms(4)], ms(5)).is_met());
        assert!(!Row::alone("", &[ms(5)], ms(5)).is_met());
    }
}
