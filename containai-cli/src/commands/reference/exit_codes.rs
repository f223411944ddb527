//! The page of exit codes.

use containai_core::exit;

use super::command::ReferencePage;

pub(super) fn page() -> ReferencePage {
    let mut text = String::from(
        "# Exit codes\n\n\
         `run`, `exec` and `shell` pass the remote command's own status on, 128 + N when signal N\n\
         ended it.\n\n\
         | code | name | meaning |\n|---|---|---|\n",
    );
    for (code, name, meaning) in exit::ALL {
        text.push_str(&format!("| {code} | {name} | {meaning} |\n"));
    }
    ReferencePage::new("exit-codes.md", text)
}
