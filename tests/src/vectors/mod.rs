//! Comparison of our functions with recorded ones.
//!
//! A file of vectors has one JSON object a line: `fn`, `input`, and the `output` and `exit` status
//! of the function of that name. The folder's `README.md` has the rules of the comparison.

mod compare;
mod functions;
mod record;
mod report;
mod shell_words;

pub use compare::compare_dir;
pub use report::{Difference, FileReport, Report};
