//! The page of exit codes.

use containai_core::exit;

use super::page::ReferencePage;

pub(super) fn page() -> ReferencePage {
    let mut text = String::from(
        "# Exit codes\n\n\
         `run`, `exec` and `shell` exit with the remote command's status, or with 128 + N if signal N\n\
         ended it.\n\n\
         | code | name | meaning |\n|---|---|---|\n",
    );
    for (code, name, meaning) in exit::ALL {
        text.push_str(&format!("| {code} | {name} | {meaning} |\n"));
    }
    ReferencePage::new("exit-codes.md", text)
}
