//! An accepted manifest names nothing outside of the home directory and the volume, in whichever
//! notation.

#![no_main]

use containai_core::catalog::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Manifest::parse(text);
    let Ok(manifest) = Manifest::read(text) else { return };
    for entry in &manifest.entries {
        for path in [&entry.source, &entry.target, &entry.container_link] {
            let path = path.trim_end_matches('/');
            assert!(!path.starts_with('/'), "{path:?} is absolute");
            assert!(path.split('/').all(|part| part != ".."), "{path:?} leads upwards");
            assert!(!path.contains(['\n', '\t', '\0']), "{path:?} breaks a line");
        }
    }
});
