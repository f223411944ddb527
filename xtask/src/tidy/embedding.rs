//! The library that embeds leaves the process to its program.

use super::source::Source;

const WORDS: [&str; 18] = [
    "env::args",
    "env::current_dir",
    "env::current_exe",
    "env::home_dir",
    "env::set_current_dir",
    "env::temp_dir",
    "env::var",
    "print!",
    "println!",
    "dbg!",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "process::abort",
    "process::exit",
    "anyhow::",
    "dialoguer::",
    "indicatif::",
];

/// Nothing in `containai` reads the environment, prints, prompts or exits:
/// facts of the process come in as data, questions and progress go out through
/// traits.
pub(super) fn check(source: &Source) -> Vec<String> {
    match source.product_of() == Some("containai") {
        true => source.find(&WORDS, "`containai` leaves that to the program that embeds it"),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn the_library_is_silent() {
        let find = |text: &str| check(&source("containai/src/a.rs", text)).len();
        assert_eq!(find("let home = std::env::var_os(\"HOME\");\n"), 1);
        assert_eq!(find("eprintln!(\"x\");\n"), 1);
        assert_eq!(find("std::process::exit(1);\n"), 1);
        assert_eq!(find("let text = \"println!\";\n"), 0);
        assert_eq!(find("let path = env!(\"CARGO_MANIFEST_DIR\");\n"), 0);
        assert_eq!(check(&source("containai-cli/src/ui.rs", "println!();\n")).len(), 0);
    }
}
