//! The page of JSON outputs.

use super::page::ReferencePage;
use crate::output::schema::outputs;

pub(super) fn page() -> anyhow::Result<ReferencePage> {
    let mut text = String::from(
        "# JSON\n\n\
         JSON Schema of the output of each command with `--json`. Within a major version, keys may be\n\
         added, but are not renamed or removed.\n",
    );
    for output in outputs() {
        let schema = serde_json::to_string_pretty(&output.schema)?;
        text.push_str(&format!("\n## `{}`\n\n```json\n{schema}\n```\n", output.command));
    }
    Ok(ReferencePage::new("json.md", text))
}
