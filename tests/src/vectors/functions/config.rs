//! Configuration files.

use anyhow::{Context, Result};
use containai_core::config::{
    ChangeTarget, Config, ConfigFile, ConfigLayers, FileText, SettingChange, SettingSpec,
};
use containai_core::naming::WorkspacePath;
use serde_json::{Map, Value, json};
use toml_edit::{DocumentMut, Item};

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

/// The key in the shell version, our key, and the name of the value in the recording.
const SETTINGS: [(&str, &str, &str); 6] = [
    ("agent.default", "agent.default", "agent"),
    ("agent.data_volume", "data_volume", "volume"),
    ("ssh.port_range_start", "ssh.port_range_start", "ssh_port_range_start"),
    ("ssh.port_range_end", "ssh.port_range_end", "ssh_port_range_end"),
    ("container.memory", "resources.memory_limit", "container_memory"),
    ("container.cpus", "resources.cpu_limit", "container_cpus"),
];

/// Values that we reject and the shell version accepted, each with its reason.
const REJECTED: [&str; 4] = [
    // Docker reads zero memory as no limit.
    "mem 0",
    // Docker's minimum is 6 MiB.
    "mem k",
    // A size contains no line feed.
    "mem newline",
    // No agent has such a name, and names become words of a shell.
    "unicode",
];

/// Values that we accept and the shell version dropped: Docker reads `4gb` as `4g`, too.
const ACCEPTED: [&str; 1] = ["mem gb"];

/// Compares a file setting by setting: the shell version drops an invalid setting and we reject the
/// file, so each setting is read on its own. Settings that we do not have are skipped.
pub(super) fn parse(record: &Record) -> Result<Verdict> {
    // The scratch directory of the recording was below `/tmp`.
    let in_scratch = |text: &str| text.replace("/W", "/tmp/W");
    let (text, mode) = (in_scratch(record.text("toml")?), record.text("mode")?);
    let Ok(document) = text.parse::<DocumentMut>() else {
        return Ok(record.compare(nothing(), i64::from(mode == "strict")));
    };
    let recorded = record.output.as_object().context("the output is no object")?;
    let ours = |name: &str| SETTINGS.iter().any(|it| it.2 == name);
    let foreign = recorded.iter().any(|(name, value)| !ours(name) && *value != json!([]));
    let is_forwards = recorded.get("local_forwards").is_some_and(|list| *list != json!([]));
    if is_forwards {
        return Ok(forwards(record, &document));
    }
    if foreign {
        return Ok(Verdict::NotImplemented);
    }
    let workspace = WorkspacePath::new(in_scratch(record.text("workspace")?))?;
    let mut found = Map::new();
    for (theirs, key, name) in SETTINGS {
        let value = value_of(&document, theirs, key, &workspace);
        found.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    let case = record.text("case")?;
    if REJECTED.contains(&case) && found.is_empty() || ACCEPTED.contains(&case) && found.len() == 1
    {
        return Ok(Verdict::Matches);
    }
    let same = recorded.keys().filter(|name| ours(name)).eq(found.keys())
        && found.iter().all(|(name, value)| is_same(&recorded[name], value));
    match same && record.exit == 0 {
        true => Ok(Verdict::Matches),
        false => Ok(Verdict::Differs(Value::Object(found).to_string())),
    }
}

fn nothing() -> Value {
    json!({"local_forwards": [], "excludes": []})
}

/// Compares values; the notation of numbers and the case of units do not matter.
fn is_same(recorded: &Value, ours: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let number = |text: &str| text.parse::<f64>().ok();
    let (recorded, ours) = (text(recorded), text(ours));
    recorded == ours || number(&recorded).is_some_and(|it| number(&ours) == Some(it))
}

/// Returns our value of one setting of the document; `None` if it is rejected.
fn value_of(
    document: &DocumentMut,
    theirs: &str,
    key: &str,
    workspace: &WorkspacePath,
) -> Option<String> {
    let mut alone = DocumentMut::new();
    if key == "ssh.port_range_start" {
        insert(&mut alone, "ssh.port_range_end", toml_edit::value(65535));
    }
    if let Some(item) = find_item(document, theirs) {
        insert(&mut alone, key, item.clone());
    }
    let sections = document.get("workspace").and_then(Item::as_table_like);
    for (path, section) in sections.iter().flat_map(|sections| sections.iter()) {
        let of_section = |item: &Item| item.as_table_like()?.get(key).cloned();
        if let (true, Some(item)) = (path.starts_with('/'), of_section(section)) {
            alone["workspace"][path][key] = item;
        }
    }
    let config = resolve(&alone, workspace)?;
    let listed = config.list().into_iter().find(|listed| listed.spec.key == key)?;
    let is_chosen = listed.origin.to_string() != "default";
    // A size keeps its original text.
    let given =
        find_item(&alone, key).and_then(Item::as_str).filter(|_| key.ends_with("memory_limit"));
    let value = given.map(str::to_owned).or_else(|| listed.values.first().cloned());
    value.filter(|_| is_chosen)
}

fn resolve(document: &DocumentMut, workspace: &WorkspacePath) -> Option<Config> {
    let user_file = Some(FileText { path: "/c.toml".into(), text: document.to_string() });
    let workspace = Some(workspace.clone());
    Config::resolve(&ConfigLayers { user_file, workspace, ..ConfigLayers::default() }).ok()
}

fn find_item<'d>(document: &'d DocumentMut, key: &str) -> Option<&'d Item> {
    key.split('.').try_fold(document.as_item(), |item, key| item.as_table_like()?.get(key))
}

fn insert(document: &mut DocumentMut, key: &str, item: Item) {
    match key.split_once('.') {
        Some((table, key)) => document[table][key] = item,
        None => document[key] = item,
    }
}

/// Checks that we accept every forward of the shell version; we accept more forms.
fn forwards(record: &Record, document: &DocumentMut) -> Verdict {
    let spec = SettingSpec::find("ssh.local_forward");
    let list = find_item(document, "ssh.local_forward").and_then(Item::as_array);
    let Some((spec, list)) = spec.zip(list) else {
        return Verdict::Differs("no forwards".to_owned());
    };
    let is_taken =
        |text: &str| SettingChange::set(spec.key, &[text], &ChangeTarget::Global).is_ok();
    let ours: Vec<&str> =
        list.iter().filter_map(|it| it.as_str()).filter(|it| is_taken(it)).collect();
    let recorded = record.output["local_forwards"].as_array();
    let has = |it: &Value| it.as_str().is_some_and(|it| ours.contains(&it));
    match recorded.is_some_and(|list| list.iter().all(has)) {
        true => Verdict::Matches,
        false => Verdict::Differs(format!("{ours:?}")),
    }
}

/// Compares the values after an edit, where the recorded result is valid TOML.
pub(super) fn edit(record: &Record) -> Result<Verdict> {
    let before = record.input["before"].as_str().unwrap_or_default();
    let args = record.texts("args")?;
    let mut file = ConfigFile::parse("/c.toml", before)?;
    let is_done = match (record.function.as_str(), args.as_slice()) {
        ("parse-toml --set-key", [key, text]) => set(&mut file, key, text, record.exit == 0),
        ("parse-toml --unset-key", [key]) => {
            file.unset(&key.split('.').collect::<Vec<_>>()).is_ok()
        }
        ("parse-toml --set-workspace-key", [path, key, text]) => {
            WorkspacePath::new(path).is_ok() && file.set(&["workspace", path, key], *text).is_ok()
        }
        ("parse-toml --unset-workspace-key", [path, key]) => {
            file.unset(&["workspace", path, key]).is_ok()
        }
        _ => anyhow::bail!("the record has other arguments"),
    };
    let after = file.text();
    let kept = comments(before).all(|comment| after.contains(comment));
    let differs = || Verdict::Differs(format!("{after:?}, done: {is_done}"));
    if after.parse::<DocumentMut>().is_err() || !kept || (!is_done && after != before) {
        return Ok(differs());
    }
    let case = record.text("case")?;
    let is_better = match case {
        // An invalid value is rejected.
        "value newline" | "value empty" => !is_done,
        // One key is removed, and not every key of that name.
        "top-level removes same key inside every table" => {
            is_done && after == "[container]\nmemory = \"4g\"\n[other]\nmemory = \"1g\"\n"
        }
        // Unknown settings cannot be set: `cai config set` rejects them.
        "array-of-tables target" => !is_done,
        "empty key part" => !is_done,
        _ => false,
    };
    let theirs = record.output["after"].as_str().unwrap_or_default();
    let is_same = match theirs.parse::<DocumentMut>() {
        Ok(theirs) => {
            values(&theirs)
                == after.parse::<DocumentMut>().map(|it| values(&it)).unwrap_or_default()
        }
        // The recorded result is not valid TOML; ours has the new value.
        Err(_) => is_done,
    };
    match is_better || (is_same && is_done == (record.exit == 0)) {
        true => Ok(Verdict::Matches),
        false => Ok(differs()),
    }
}

/// Sets a value. Our settings are validated; for others only the position matters, and what the
/// shell version rejects has to be rejected.
fn set(file: &mut ConfigFile, key: &str, text: &str, is_taken: bool) -> bool {
    if SettingSpec::find(key).is_some() || !is_taken {
        let change = SettingChange::set(key, &[text], &ChangeTarget::Global);
        return change.is_ok_and(|change| change.apply(file).is_ok());
    }
    let keys: Vec<&str> = key.split('.').collect();
    match text.parse::<bool>() {
        Ok(switch) => file.set(&keys, switch).is_ok(),
        Err(_) => file.set(&keys, text).is_ok(),
    }
}

fn comments(text: &str) -> impl Iterator<Item = &str> {
    // A comment behind a removed value is removed, too.
    text.lines().map(str::trim).filter(|line| line.starts_with('#'))
}

/// Returns the values of a document by their keys; empty tables are skipped.
fn values(document: &DocumentMut) -> Vec<(String, String)> {
    fn collect(item: &Item, prefix: &str, found: &mut Vec<(String, String)>) {
        match item.as_table_like() {
            Some(table) => {
                table
                    .iter()
                    .for_each(|(key, item)| collect(item, &format!("{prefix}/{key:?}"), found));
            }
            None => {
                let mut item = item.clone();
                if let Some(value) = item.as_value_mut() {
                    value.decor_mut().clear();
                }
                let plain = item.as_integer().map(|number| number.to_string());
                found.push((prefix.to_owned(), plain.unwrap_or_else(|| item.to_string())));
            }
        }
    }
    let mut found = Vec::new();
    collect(document.as_item(), "", &mut found);
    found.sort();
    found
}
