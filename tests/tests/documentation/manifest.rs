//! The example of a manifest.

use containai_core::manifest::Manifest;

#[test]
fn manifest_example_is_valid() {
    let page = include_str!("../../../docs/manifests.md");
    let example = page.split("```").nth(1).and_then(|it| it.strip_prefix("toml\n"));
    let manifest = Manifest::parse_strict(example.expect("an example")).expect("no mistake");
    let agent = manifest.agent.expect("an agent");
    assert_eq!(agent.command_names().collect::<Vec<_>>(), ["mind", "m"]);
    assert_eq!(manifest.entries.len(), 2);
}
