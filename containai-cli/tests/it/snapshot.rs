//! Snapshots in files, one folder for each test.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

/// Compares each text with the file of its name, and fails for files without a
/// text.
pub(crate) fn check(folder: &str, texts: &BTreeMap<String, String>) {
    let relative = format!("snapshots/{folder}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(&relative);
    let files = fs::read_dir(&folder).into_iter().flatten();
    for file in files.map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !texts.contains_key(&name) {
            let is_update = env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always");
            assert!(is_update, "`{}` belongs to no verb", file.display());
            fs::remove_file(&file).unwrap();
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(relative);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in texts {
            insta::assert_snapshot!(name.as_str(), text);
        }
    });
}

/// Joins transcripts into one text for each name.
pub(crate) fn group(
    transcripts: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, transcript) in transcripts {
        let text = texts.entry(name).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&transcript);
    }
    texts
}
