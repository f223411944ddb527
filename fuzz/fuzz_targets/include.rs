//! The `Include` is added once and comes first, and every line of the user that does not name the
//! pattern stays unchanged.

#![no_main]

use containai_ssh::include::{PATTERN, add};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|config: &[u8]| {
    let Some(text) = add(config, PATTERN) else { return };
    assert!(text.starts_with(b"Include ~/.ssh/containai.d/*.conf"));
    assert_eq!(add(&text, PATTERN), None, "a second time");
    // A last line without a line feed gets one, and `\r` before it belongs to it.
    let mut after = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let before = config.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    for line in before.filter(|line| !line.windows(11).any(|part| part == b"containai.d")) {
        assert!(after.any(|kept| kept == line), "{} is gone", line.escape_ascii());
    }
});
