//! All rules on the whole tree.

use std::process::ExitCode;

use super::source::{Source, sources};
use super::{
    arrows, documented, environment, forgotten, mod_rs, names, printing, purity, size, whitespace,
};
use crate::project;

/// A rule looks at one file and says what is wrong with it.
type Rule = fn(&Source) -> Vec<String>;

const RULES: [Rule; 8] = [
    documented::check,
    environment::check,
    mod_rs::check,
    names::check,
    printing::check,
    purity::check,
    size::check,
    whitespace::check,
];

/// Prints what breaks a rule, one line each.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let findings = findings()?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

/// What breaks a rule, as `path:line: what`.
pub(crate) fn findings() -> anyhow::Result<Vec<String>> {
    let sources = sources()?;
    let mut findings = arrows::check(&project::metadata()?);
    findings.extend(forgotten::check(&sources));
    for source in &sources {
        findings.extend(RULES.iter().flat_map(|rule| rule(source)));
    }
    Ok(findings)
}
