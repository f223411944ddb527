//! The page of what `--json` prints.

use super::command::ReferencePage;
use crate::output::schema::outputs;

pub(super) fn page() -> anyhow::Result<ReferencePage> {
    let mut text = String::from(
        "# JSON\n\n\
         JSON Schema of what each command prints. Keys are added, never renamed or removed, within\n\
         a major version.\n",
    );
    for output in outputs() {
        let schema = serde_json::to_string_pretty(&output.schema)?;
        text.push_str(&format!("\n## `{}`\n\n```json\n{schema}\n```\n", output.command));
    }
    Ok(ReferencePage::new("json.md", text))
}
