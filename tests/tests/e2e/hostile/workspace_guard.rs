//! Directories with keys, an engine or the system, named as workspace in every possible way.

use std::fs;
use std::path::Path;

use containai_tests::{Engine, Person, Repository};

/// Runs `cai run --dry-run` for a workspace.
fn plan(person: &Person<'_>, words: &[&str], inside: &Path) -> containai_tests::Outcome {
    let run = ["run", "--image", "base", "--dry-run"];
    person.cai(run).args(words).args(["--", "true"]).current_dir(inside).run()
}

/// Creates typical files of a home directory.
fn write_home_files(person: &Person<'_>) {
    let home = person.home();
    for name in [".ssh", ".gnupg", ".aws", ".kube", ".docker", ".password-store/work", ".claude"] {
        fs::create_dir_all(home.join(name)).expect("a directory can be made");
    }
    fs::write(home.join(".ssh/id_ed25519"), "secret\n").expect("a file can be written");
    std::os::unix::fs::symlink(".ssh", home.join("project")).expect("a link can be made");
    std::os::unix::fs::symlink("/etc/ssh", home.join("conf")).expect("a link can be made");
}

#[test]
fn keys_engines_and_the_system_are_refused_as_workspace() {
    let person = Person::new();
    write_home_files(&person);
    let home = person.home();
    let above = home.parent().expect("a directory").to_owned();
    let store = Engine::shared().root().join("var/lib/containai-docker");
    let data = home.join(".local/share/containai/exports");
    fs::create_dir_all(&data).expect("a directory can be made");
    for (path, what) in [
        (Path::new("/"), "the whole file system"),
        (&above, "your home directory"),
        (&home, "your home directory"),
        (&home.join(".ssh"), "SSH keys"),
        (&home.join("project"), "SSH keys"),
        (&home.join(".gnupg"), "GnuPG keys"),
        (&home.join(".config"), "ContainAI"),
        (&home.join(".config/containai"), "ContainAI"),
        (&data, "exports of ContainAI"),
        (&home.join(".aws"), "credentials"),
        (&home.join(".kube"), "credentials"),
        (&home.join(".docker"), "Docker"),
        (&home.join(".password-store/work"), "a password store"),
        (&home.join(".claude"), "an agent"),
        (&store, "the engine"),
        (store.parent().expect("a directory"), "the engine"),
        (Path::new("/home"), "home directory"),
        (Path::new("/etc"), "the system"),
        (&home.join("conf"), "the system"),
        (Path::new("/usr/bin"), "the system"),
        (Path::new("/var"), "home directory"),
        (Path::new("/tmp"), "temporary files"),
    ] {
        if !path.exists() {
            continue;
        }
        let shown = path.display().to_string();
        plan(&person, &["--workspace", &shown], &person.beside("")).fails(2, what);
        plan(&person, &[], path).fails(2, what);
    }
    assert!(person.containers(&home).is_empty());
}

#[test]
fn protected_directories_are_refused_however_they_are_chosen() {
    let person = Person::new();
    write_home_files(&person);
    let home = person.home();
    // The repository around the current directory.
    fs::create_dir_all(home.join("src/sub")).expect("a directory can be made");
    fs::create_dir(home.join(".git")).expect("a directory can be made");
    plan(&person, &[], &home.join("src/sub")).fails(2, "your home directory");
    // The name of a missing container.
    plan(&person, &["--container", "guarded"], &home).fails(2, "your home directory");
    // A section of the configuration.
    fs::remove_dir(home.join(".git")).expect("it is empty");
    let config = fs::read_to_string(home.join(".config/containai/config.toml")).expect("it exists");
    let section = home.join(".gnupg");
    fs::create_dir(section.join("sub")).expect("a directory can be made");
    person.configure(&format!("{config}[workspace.\"{}\"]\nimage = \"base\"\n", section.display()));
    plan(&person, &[], &section.join("sub")).fails(2, "GnuPG keys");
    // With `--force`, the exposed paths are listed.
    let forced = plan(&person, &["--force", "--workspace", "."], &home);
    forced.success().stderr_contains(&format!("SSH keys (`{}`)", home.join(".ssh").display()));
    forced.stderr_contains(".password-store");
}

#[test]
fn ordinary_directories_are_accepted() {
    let person = Person::new();
    write_home_files(&person);
    let project = Repository::create(person.home().join("src/api"));
    for name in [".ssh", ".aws", ".kube", ".config/containai", ".claude", "etc"] {
        fs::create_dir_all(project.join(name)).expect("a directory can be made");
    }
    let temporary = tempfile::Builder::new().prefix("cai-guard").tempdir_in("/tmp").expect("made");
    let served = tempfile::Builder::new().prefix("cai-guard").tempdir_in("/srv").expect("made");
    for path in [project.path(), &project.join(".ssh"), temporary.path(), served.path()] {
        let shown = path.display().to_string();
        plan(&person, &["--workspace", &shown], &person.beside("")).success();
    }
}
