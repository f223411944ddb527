//! `cai gc`, on an engine of its own.

use containai_tests::{Engine, Person};
use serde_json::{Value, json};

/// Creates a container from a tiny image; it never runs.
fn make(engine: &Engine, name: &str, image: &str, labels: &Value, volume: &str) {
    let body = json!({
        "Image": image, "Cmd": ["x"], "Labels": labels,
        "HostConfig": {"Mounts": [{
            "Type": "volume", "Source": volume, "Target": "/mnt",
            "VolumeOptions": {"Labels": labels},
        }]},
    });
    engine.api().post(&format!("/containers/create?name={name}"), &body);
}

fn tiny_layer() -> Vec<u8> {
    // Two empty blocks are an empty archive.
    vec![0; 1024]
}

#[test]
fn gc_removes_only_unused_objects() {
    let engine = Engine::isolated("swept");
    engine.set_up();
    let api = engine.api();
    for (repository, tag) in [
        ("containai/base", "stale"),
        ("containai/base", "free"),
        ("foreign", "1"),
        ("containai/base", "kept"),
    ] {
        // One more byte creates another image.
        let mut layer = tiny_layer();
        layer.extend(vec![0; tag.len() * 512]);
        api.import(repository, tag, &layer);
    }
    let ours = json!({"containai.managed": "true", "containai.workspace": "/w"});
    let kept = json!({
        "containai.managed": "true", "containai.workspace": "/k", "containai.keep": "true",
    });
    make(&engine, "stale", "containai/base:stale", &ours, "stale-data");
    make(&engine, "kept", "containai/base:kept", &kept, "kept-data");
    make(&engine, "foreign", "foreign:1", &json!({}), "foreign-data");
    api.post("/volumes/create", &json!({"Name": "free-data", "Labels": ours}));
    api.post("/volumes/create", &json!({"Name": "unlabelled"}));
    let person = Person::on(&engine);
    let gc = |args: &[&str]| person.cai(["gc"]).args(args).run();

    // Nothing is thirty days old, and no terminal can confirm.
    gc(&[]).success().prints("").stderr_contains("unused for 30d");
    gc(&["--age", "0h"]).fails(2, "confirmation required");
    gc(&["--age", "106751991167301d"]).code(2);
    let plan = gc(&["--age", "0h", "--images", "--volumes", "--dry-run"]).success().stdout();
    for word in [
        "container  stale",
        "containai/base:stale",
        "containai/base:free",
        "free-data (0 B)",
        "would free",
    ] {
        assert!(plan.contains(word), "{word}: {plan}");
    }
    for word in ["kept", "foreign", "unlabelled", "stale-data"] {
        assert!(!plan.contains(word), "{word}: {plan}");
    }
    assert!(api.container("stale").is_some());

    let done = gc(&["--age", "0h", "--force"]).success().stdout();
    assert!(done.contains("removed container stale") && done.contains("bytes)"), "{done}");
    assert!(api.container("stale").is_none());
    let done = gc(&["--age", "0h", "--images", "--force"]).success().stdout();
    assert!(done.contains("base:stale") && done.contains("base:free"), "{done}");
    let volumes = || {
        let all = api.get("/volumes")["Volumes"].clone();
        let name = |it: &Value| it["Name"].as_str().map(str::to_owned);
        let mut names: Vec<_> = all.as_array().into_iter().flatten().filter_map(name).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(volumes(), "foreign-data free-data kept-data stale-data unlabelled");
    gc(&["--age", "0h", "--volumes", "--force"]).success();
    assert_eq!(volumes(), "foreign-data kept-data unlabelled");
    for name in ["kept", "foreign"] {
        assert!(api.container(name).is_some(), "{name}");
    }
    let images = api.get("/images/json").to_string();
    assert!(images.contains("base:kept") && images.contains("foreign:1"), "{images}");
    gc(&["--age", "0h", "--images", "--volumes", "--force"]).success().prints("");
}
