//! The output of `--dry-run`.

/// The steps with their numbers, one a line.
pub(crate) fn numbered(steps: &[String]) -> String {
    let lines = steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1));
    lines.collect::<Vec<_>>().join("\n")
}
