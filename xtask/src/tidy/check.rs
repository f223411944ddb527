//! `cargo xtask tidy`: all rules, or the named ones, on the whole tree.

use std::process::ExitCode;

use serde_json::Value;

use super::rule::{Check, RULES, Rule};
use super::source::sources;
use crate::project;

/// Prints the findings, one a line; fails if there are any.
pub(crate) fn run(names: &[String]) -> anyhow::Result<ExitCode> {
    let findings = check(&choose(names)?)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

/// The findings of all rules that are on, each `path:line: text`.
pub(crate) fn findings() -> anyhow::Result<Vec<String>> {
    check(&choose(&[])?)
}

/// The named rules; all that are on when no name is given.
fn choose(names: &[String]) -> anyhow::Result<Vec<&'static Rule>> {
    if names.is_empty() {
        return Ok(RULES.iter().filter(|rule| rule.is_on).collect());
    }
    let find = |name: &String| {
        let known = || RULES.iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ");
        let rule = RULES.iter().find(|rule| rule.name == name);
        rule.ok_or_else(|| anyhow::anyhow!("unknown rule `{name}`; the rules are {}", known()))
    };
    names.iter().map(find).collect()
}

fn check(rules: &[&Rule]) -> anyhow::Result<Vec<String>> {
    let sources = sources()?;
    let needs_metadata = rules.iter().any(|rule| matches!(rule.check, Check::Metadata(_)));
    let metadata = if needs_metadata { project::metadata()? } else { Value::Null };
    let mut findings = Vec::new();
    for rule in rules {
        match rule.check {
            Check::File(check) => findings.extend(sources.iter().flat_map(check)),
            Check::Files(check) => findings.extend(check(&sources)),
            Check::Metadata(check) => findings.extend(check(&metadata)),
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_off_runs_when_it_is_named() {
        let chosen = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            choose(&names).map(|rules| rules.iter().map(|rule| rule.name).collect::<Vec<_>>())
        };
        let is_on = |name: &str| chosen(&[]).unwrap().contains(&name);
        assert!(RULES.iter().all(|rule| is_on(rule.name) == rule.is_on));
        assert!(RULES.iter().all(|rule| chosen(&[rule.name]).unwrap() == [rule.name]));
        assert!(chosen(&["none"]).is_err());
    }
}
