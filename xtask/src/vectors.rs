//! `cargo xtask vectors DIR`: our functions compared with recorded ones.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use containai_tests::vectors::compare_dir;

/// Compares every file of a folder and prints one line for each; differences are printed on stderr
/// and fail the command. Functions that we do not have are not differences.
pub(crate) fn run(dir: &Path) -> Result<ExitCode> {
    let report = compare_dir(dir)?;
    for file in &report.files {
        println!("{file}");
        for difference in &file.differences {
            eprintln!("  {}:{}: ours is {}", file.name, difference.line, difference.ours);
        }
    }
    Ok(match report.differs() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}
