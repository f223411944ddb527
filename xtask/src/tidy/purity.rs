//! The core does nothing.

use super::source::Source;

const WORDS: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::os::unix",
    "std::process",
    "std::env",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "tokio::",
    "io::stdin",
    "io::stdout",
    "io::stderr",
];

/// `containai-core` has no I/O, no clock, no environment and no runtime; its
/// `clippy.toml` says so function by function, this says so for the rest.
pub(super) fn check(source: &Source) -> Vec<String> {
    let is_test = source.path.ends_with("/tests.rs");
    match source.is_rust() && source.is_below("containai-core/src/") && !is_test {
        true => source.find(&WORDS, "the core does no I/O"),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn core_does_nothing() {
        let find = |path: &str, text: &str| check(&source(path, text)).len();
        assert_eq!(find("containai-core/src/a.rs", "use std::fs::File;\n"), 1);
        assert_eq!(find("containai-core/src/a.rs", "use std::path::Path;\n"), 0);
        assert_eq!(find("containai-core/src/a.rs", "#[cfg(test)]\nuse std::fs;\n"), 0);
        assert_eq!(find("containai-ssh/src/a.rs", "use std::fs::File;\n"), 0);
    }
}
