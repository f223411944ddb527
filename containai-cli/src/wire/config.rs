//! The output of `cai config`.

use std::fmt::Write as _;

use containai_core::config::{Kind, Listed};
use schemars::JsonSchema;
use serde::Serialize;

use containai::report::harmless;

/// A setting, as `cai config list --json` and `get --json` print it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Value {
    /// The setting.
    key: &'static str,
    /// Its value: a list for those that are lists, `null` where nobody chose
    /// and the default is no value but a rule.
    value: Held,
    /// Where the value comes from.
    source: String,
}

/// What a setting holds.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Held {
    One(Option<String>),
    Many(Vec<String>),
}

impl From<&Listed> for Value {
    fn from(listed: &Listed) -> Self {
        let value = match listed.spec.kind {
            Kind::List(_) => Held::Many(listed.values.clone()),
            _ => Held::One(listed.values.first().cloned()),
        };
        Self { key: listed.spec.key, value, source: listed.origin.to_string() }
    }
}

/// The table of `cai config list`.
pub(crate) fn table(list: &[Listed]) -> String {
    let rows: Vec<_> = list.iter().map(|it| (it.spec.key, shown(it), &it.origin)).collect();
    let longest = |of: fn(&(&str, String, &containai_core::config::Origin)) -> usize| {
        rows.iter().map(of).max().unwrap_or_default()
    };
    let key = longest(|(key, ..)| key.chars().count()).max("KEY".len());
    let value = longest(|(_, value, _)| value.chars().count()).clamp("VALUE".len(), 48);
    let mut text = format!("{:<key$}  {:<value$}  SOURCE", "KEY", "VALUE");
    for (name, shown, origin) in rows {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{name:<key$}  {shown:<value$}  {}", harmless(&origin.to_string()));
    }
    text
}

fn shown(listed: &Listed) -> String {
    match listed.values.as_slice() {
        [] if listed.spec.default.is_empty() => "-".to_owned(),
        [] => format!("({})", listed.spec.default),
        values => harmless(&values.join(", ")).replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::config::{Config, FileText, Layers};

    use super::*;

    #[test]
    fn tables_and_json() -> anyhow::Result<()> {
        let text = "docker_host = 'unix:///x'\nssh.local_forward = ['1:a:1', '2:b:2']\n";
        let user_file = Some(FileText { path: "/c.toml".into(), text: text.to_owned() });
        let config = Config::resolve(&Layers { user_file, ..Layers::default() })?;
        insta::assert_snapshot!(table(&config.list()));
        let values: Vec<Value> = config.list().iter().skip(6).take(2).map(Value::from).collect();
        insta::assert_snapshot!(serde_json::to_string(&values)?, @r#"[{"key":"docker_host","value":"unix:///x","source":"user:/c.toml"},{"key":"data_volume","value":null,"source":"default"}]"#);
        Ok(())
    }
}
