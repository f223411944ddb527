//! The errors of all product crates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::attached::attached;
use super::item::{Variant, hints, variants};
use super::token::tokens;
use crate::project;

/// Fewer errors with hints than these mean that the source changed its form.
const LEAST: usize = 60;

/// An error that has a next step.
#[derive(Clone, Debug)]
pub(in crate::book) struct KnownError {
    /// The enum, without `Error` at its end.
    pub(super) topic: String,
    pub(super) message: String,
    pub(super) cause: String,
    pub(super) hints: Vec<String>,
}

/// Reads enums with `#[error("…")]` and the functions `hint` and `hints` of the product crates.
pub(in crate::book) fn read(root: &Path) -> anyhow::Result<Vec<KnownError>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "containai*/src/*.rs"]).current_dir(root);
    let list = project::output_of(git)?;
    let (mut all, mut advice) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    let mut errors = Vec::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let Ok(source) = fs::read_to_string(root.join(path)) else { continue };
        let tokens = tokens(&source);
        all.extend(variants(&tokens));
        errors.extend(attached(&topic_of(path), &tokens));
        for (name, hints) in hints(&tokens) {
            advice.entry(name).or_default().extend(hints);
        }
    }
    errors.extend(all.iter().filter_map(|it| known(it, &advice)));
    errors.sort_by(|a, b| (&a.topic, &a.message).cmp(&(&b.topic, &b.message)));
    errors.dedup_by(|a, b| (&a.topic, &a.message) == (&b.topic, &b.message));
    let count = errors.len();
    anyhow::ensure!(count >= LEAST, "only {count} errors with hints were found in the source");
    Ok(errors)
}

/// The topic of a module: `containai/src/export/destination.rs` is about `Export`.
fn topic_of(path: &str) -> String {
    let module = path.split_once("/src/").map_or(path, |(_, rest)| rest);
    let module = module.trim_start_matches("commands/");
    let name = module.split('/').next().unwrap_or(module).trim_end_matches(".rs");
    let capital = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_uppercase() + rest,
        None => String::new(),
    };
    name.split('_').map(capital).collect()
}

fn known(variant: &Variant, advice: &BTreeMap<String, Vec<String>>) -> Option<KnownError> {
    let (name, _) = variant.name.split_once("::")?;
    let hints = advice.get(&variant.name).or_else(|| advice.get(&format!("{name}::")))?;
    let mut own = Vec::new();
    for hint in hints {
        if !own.contains(hint) {
            own.push(hint.clone());
        }
    }
    (!own.is_empty()).then(|| KnownError {
        topic: name.trim_end_matches("Error").to_owned(),
        message: variant.message.clone(),
        cause: variant.cause.clone(),
        hints: own,
    })
}
