//! Output to the terminal.

use super::source::Source;

const WORDS: [&str; 6] =
    ["println!", "eprintln!", "print!", "eprint!", "dbg!", "io::stdout().lock"];

/// Programs that the engine starts: they talk to a log, not to a user.
const PROGRAMS: [&str; 2] =
    ["containai-docker/src/host/supervisor/", "containai-docker/src/runtime/"];

/// Only `ui.rs` prints.
pub(super) fn check(source: &Source) -> Vec<String> {
    let is_product = source.product_of().is_some();
    let is_printer = source.path == "containai-cli/src/ui.rs"
        || PROGRAMS.iter().any(|directory| source.is_below(directory));
    match is_product && !is_printer {
        true => source.find(&WORDS, "only `containai-cli/src/ui.rs` prints"),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn only_one_file_prints() {
        let text = "//! println! in docs.\nprintln!(\"x\");\n";
        assert_eq!(check(&source("containai-cli/src/ui.rs", text)).len(), 0);
        assert_eq!(check(&source("containai-core/src/exit.rs", text)).len(), 1);
        assert_eq!(check(&source("containai/src/sandbox.rs", text)).len(), 1);
        assert_eq!(check(&source("xtask/src/main.rs", text)).len(), 0);
    }
}
