//! `cai image`.

use containai_tests::Person;
use serde_json::Value;

#[test]
fn images_are_listed_and_what_is_needed_stays() {
    let person = Person::new();
    let repository = person.repository("listed");
    person.run(&repository, "true").success();
    let list = || -> Vec<Value> {
        let outcome = person.cai(["image", "list", "--json"]).run();
        serde_json::from_str(&outcome.success().stdout()).expect("a JSON array")
    };
    let images = list();
    let is_base = |image: &&Value| image["name"] == "base" && image["current"] == true;
    let base = images.iter().find(is_base).unwrap_or_else(|| panic!("no base: {images:#?}"));
    assert!(base["containers"].as_u64() >= Some(1), "{base}");
    assert_eq!(base["version"], env!("CARGO_PKG_VERSION"), "{base}");

    let reference = base["references"][0].as_str().expect("a reference");
    let table = person.cai(["image", "list"]).run();
    assert!(table.success().stdout().contains(reference), "{table}");
    let plan = person.cai(["image", "prune", "--all", "--dry-run"]).run();
    assert!(!plan.success().stdout().contains(reference), "{plan}");
    let stays = list().iter().any(|image| image["references"][0] == reference);
    assert!(stays, "a dry run removes nothing");

    let build = person.cai(["image", "build", "base"]).run();
    build.success().prints("").tells("base is there as containai/base:");
    let plan = person.cai(["image", "build", "--dry-run", "--no-cache", "base", "full"]).run();
    let stdout = plan.success().stdout();
    let names: Vec<_> = stdout.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["build containai/base", "build containai/full"], "{plan}");
}

#[test]
fn an_old_image_is_pruned_and_the_user_s_own_is_not() {
    let person = Person::new();
    let api = person.api();
    let mine = "prune-test-of-the-users";
    for repository in ["containai/sdks", mine] {
        api.import(repository, "old", &[0; 1024]);
    }
    let plan = person.cai(["image", "prune", "--dry-run"]).run();
    assert!(plan.success().stdout().contains("containai/sdks:old"), "{plan}");
    let pruned = person.cai(["image", "prune"]).run();
    assert!(pruned.success().stdout().contains("containai/sdks:old"), "{pruned}");
    let left = api.get("/images/json").to_string();
    assert!(!left.contains("containai/sdks:old"), "{left}");
    assert!(left.contains(mine), "{left}");
    api.delete(&format!("/images/{mine}:old"));
}

#[test]
fn an_image_that_is_not_ours_cannot_be_built() {
    let person = Person::new();
    let outcome = person.cai(["image", "build", "ubuntu"]).run();
    outcome.code(2).tells("is none of `base`, `agents`, `sdks`, `full`");
    let outcome = person.cai(["image", "pull", "localhost:1/no/such:thing"]).run();
    outcome.fails(111, "image `localhost:1/no/such:thing` cannot be had");
}
