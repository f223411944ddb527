//! The example of a manifest.

use containai_core::catalog::Manifest;

#[test]
fn the_example_of_a_manifest_is_one() {
    let page = include_str!("../../../docs/manifests.md");
    let example = page.split("```").nth(1).and_then(|it| it.strip_prefix("toml\n"));
    let manifest = Manifest::read(example.expect("an example")).expect("no mistake");
    let agent = manifest.agent.expect("an agent");
    assert_eq!(agent.commands().collect::<Vec<_>>(), ["mind", "m"]);
    assert_eq!(manifest.entries.len(), 2);
}
