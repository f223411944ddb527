//! The page of what `--json` prints.

use super::command::Page;
use crate::wire::schema::outputs;

pub(super) fn page() -> anyhow::Result<Page> {
    let mut text = String::from(
        "# JSON\n\n\
         JSON Schema of what each command prints. Keys are added, never renamed or removed, within\n\
         a major version.\n",
    );
    for output in outputs() {
        let schema = serde_json::to_string_pretty(&output.schema)?;
        text.push_str(&format!("\n## `{}`\n\n```json\n{schema}\n```\n", output.command));
    }
    Ok(Page::new("json.md", text))
}
