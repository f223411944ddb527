//! Our functions compared with the recorded ones of the shell version.

use std::path::{Path, PathBuf};

use containai_tests::vectors::{Report, compare_dir};

/// The files in which every record must match, apart from the improvements listed in the folder's
/// README.
const MUST_MATCH: [&str; 20] = [
    "age",
    "container_name",
    "env",
    "format_size",
    "git_config_filter",
    "import_excludes",
    "manifest_parse",
    "resources",
    "sanitize_hostname",
    "ssh_config_include",
    "ssh_host_config",
    "ssh_remote_command",
    "toml_edit",
    "toml_parse",
    "validate_context_name",
    "validate_env_name",
    "validate_template_name",
    "validate_volume_name",
    "version_greater",
    "volume_name",
];

/// Returns the folder beside the project, or the project's copy of it.
fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = package.join("../../shared/vectors");
    if shared.is_dir() { shared } else { package.join("vectors") }
}

fn report() -> anyhow::Result<Report> {
    compare_dir(&folder())
}

#[test]
fn required_files_match() -> anyhow::Result<()> {
    let report = report()?;
    for name in MUST_MATCH {
        let file = report.file(name).ok_or_else(|| anyhow::anyhow!("there is no file `{name}`"))?;
        assert!(file.matched > 0, "{file}");
        assert_eq!(file.differing, 0, "{file}: {:#?}", file.differences);
    }
    Ok(())
}

#[test]
fn no_other_file_differs() -> anyhow::Result<()> {
    for file in report()?.files {
        assert_eq!(file.differing, 0, "{file}: {:#?}", file.differences);
    }
    Ok(())
}

#[test]
fn differences_are_detected() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let lines = concat!(
        "{\"fn\": \"_cai_sanitize_hostname\", \"input\": \"A\", \"output\": \"a\", \"exit\": 0}\n",
        "{\"fn\": \"_cai_sanitize_hostname\", \"input\": \"A\", \"output\": \"b\", \"exit\": 0}\n",
        "{\"fn\": \"of_another_version\", \"input\": \"A\", \"output\": \"b\", \"exit\": 0}\n",
        "no record\n",
    );
    std::fs::write(folder.path().join("names.jsonl"), lines)?;
    let report = compare_dir(folder.path())?;
    assert!(report.differs());
    let lines: Vec<_> = report.files.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["names: 1 matched, 2 differing, 1 not implemented"]);
    Ok(())
}
