//! The `Include` is added once and comes first, and every line of the user that does not name the
//! pattern stays unchanged.

#![no_main]

use containai_ssh::include::{PATTERN, add};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|config: &str| {
    let Some(text) = add(config, PATTERN) else { return };
    assert!(text.starts_with("Include ~/.ssh/containai.d/*.conf"));
    assert_eq!(add(&text, PATTERN), None, "a second time");
    // A last line without a line feed gets one, and `\r` before it belongs to it.
    let mut after = text.lines().map(|line| line.trim_end_matches('\r'));
    let before = config.lines().map(|line| line.trim_end_matches('\r'));
    for line in before.filter(|line| !line.contains("containai.d")) {
        assert!(after.any(|kept| kept == line), "{line:?} is gone");
    }
});
