//! The page of exit codes.

use containai_core::exit;

pub(super) fn page() -> String {
    let mut text = String::from(
        "# Exit codes\n\n\
         `run`, `exec` and `shell` exit with the remote command's status, or with 128 + N if signal N\n\
         ended it.\n\n\
         | code | name | meaning |\n|---|---|---|\n",
    );
    for (code, name, meaning) in exit::ALL {
        text.push_str(&format!("| {code} | {name} | {meaning} |\n"));
    }
    text
}
