//! Reads of the environment.

use super::source::Source;

const WORDS: [&str; 5] =
    ["env::var", "env::vars", "env::current_dir", "env::home_dir", "env::temp_dir"];

/// Only `env.rs` reads it for the command line. The programs that the engine
/// starts are processes of their own and take what they pass on from theirs.
pub(super) fn check(source: &Source) -> Vec<String> {
    let is_checked = source.is_rust()
        && ["containai-cli/src/", "containai-core/src/", "containai-ssh/src/", "containai/src/"]
            .iter()
            .any(|directory| source.is_below(directory));
    match is_checked && source.path != "containai-cli/src/env.rs" {
        true => source.find(&WORDS, "only `containai-cli/src/env.rs` reads the environment"),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn only_one_file_reads_the_environment() {
        let text = "//! Docs.\nlet x = std::env::var_os(\"HOME\");\n";
        assert_eq!(check(&source("containai-cli/src/env.rs", text)).len(), 0);
        assert_eq!(check(&source("containai-cli/src/ui.rs", text)).len(), 1);
        assert_eq!(check(&source("containai/src/sandbox.rs", text)).len(), 1);
        assert_eq!(check(&source("containai-cli/src/ui.rs", "env!(\"CARGO\")")).len(), 0);
    }
}
