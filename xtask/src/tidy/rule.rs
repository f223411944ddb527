//! The rules and the order in which they are checked.

use serde_json::Value;

use super::source::Source;
use super::{
    arrows, cli_size, documented, embedding, environment, forgotten, mod_rs, modules, names,
    package_metadata, printing, prose, purity, readme_size, size, target_folder, unique_types,
    whitespace,
};

/// A rule of the house.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) check: Check,
    /// Whether `cargo xtask tidy` without names checks it.
    pub(super) is_on: bool,
}

/// The input of a rule; each finding is `path:line: text`.
pub(super) enum Check {
    /// One file.
    File(fn(&Source) -> Vec<String>),
    /// All files.
    Files(fn(&[Source]) -> Vec<String>),
    /// Cargo's metadata.
    Metadata(fn(&Value) -> Vec<String>),
}

/// All rules.
pub(super) const RULES: [Rule; 18] = [
    on("arrows", Check::Metadata(arrows::check)),
    on("documented", Check::File(documented::check)),
    on("embedding", Check::File(embedding::check)),
    on("environment", Check::File(environment::check)),
    on("forgotten", Check::Files(forgotten::check)),
    on("mod-rs", Check::File(mod_rs::check)),
    on("names", Check::File(names::check)),
    on("package-metadata", Check::Metadata(package_metadata::check)),
    on("printing", Check::File(printing::check)),
    on("purity", Check::File(purity::check)),
    on("size", Check::File(size::check)),
    on("whitespace", Check::File(whitespace::check)),
    on("cli-size", Check::Files(cli_size::check)),
    on("module-cycles", Check::Files(modules::check)),
    on("prose", Check::File(prose::check)),
    on("readme-size", Check::File(readme_size::check)),
    on("target-folder", Check::File(target_folder::check)),
    on("unique-types", Check::Files(unique_types::check)),
];

const fn on(name: &'static str, check: Check) -> Rule {
    Rule { name, check, is_on: true }
}
