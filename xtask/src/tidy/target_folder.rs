//! No folder has the name of cargo's build directory.

use super::source::Source;

/// Tools such as backups, search and `.gitignore` patterns skip `target`
/// folders, and sources in one with them.
pub(super) fn check(source: &Source) -> Vec<String> {
    let folders = source.path.rsplit_once('/').map_or("", |(folders, _)| folders);
    match folders.split('/').any(|folder| folder == "target") {
        true => vec![source.finding(1, "a folder is called `target`, as cargo's build directory")],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn no_folder_is_called_target() {
        assert_eq!(check(&source("containai-cli/src/commands/target/args.rs", "")).len(), 1);
        assert_eq!(check(&source("containai-cli/src/args/target.rs", "")).len(), 0);
        assert_eq!(check(&source("target", "")).len(), 0);
    }
}
