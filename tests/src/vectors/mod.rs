//! Comparing our functions with recorded ones.
//!
//! A file of vectors has one JSON object a line: `fn`, `input`, and the
//! `output` and `exit` status that the function of that name had. The rules by
//! which they are compared are in the folder's `README.md`.

mod compare;
mod functions;
mod record;
mod report;
mod shell_words;

pub use compare::compare_dir;
pub use report::{Difference, FileReport, Report};
