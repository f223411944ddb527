//! Every file of the directory is read without a panic, and the result is in the text.

#![no_main]

use containai_ssh::Fragment;
use libfuzzer_sys::fuzz_target;

const WRITTEN: &str = "# Written by ContainAI, which overwrites changes.\n";

fuzz_target!(|given: (&str, &str)| {
    let (name, rest) = given;
    let file = format!("containai-{name}.conf");
    if !rest.starts_with(WRITTEN) {
        assert_eq!(Fragment::parse(&file, rest), None, "not ours");
    }
    let text = format!("{WRITTEN}{rest}");
    let Some(fragment) = Fragment::parse(&file, &text) else { return };
    assert_eq!(fragment.name.as_str(), name);
    if let Some(engine) = fragment.engine {
        assert!(!engine.contains('\n') && rest.contains(&engine));
    }
    if let Some(port) = fragment.port {
        assert!(rest.contains(&port.to_string()));
    }
});
