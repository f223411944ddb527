//! Services of several files, brought to one form and merged.
//!
//! Source: <https://docs.docker.com/reference/compose-file/merge/>.

use serde_json::{Map, Value};

/// Keys whose value replaces an earlier one, even if it is a list.
const REPLACED: [&str; 2] = ["command", "entrypoint"];
/// Keys with a list of `NAME=value` or a mapping.
const PAIRS: [&str; 4] = ["environment", "labels", "sysctls", "extra_hosts"];

/// Brings the short forms of a service to their long ones, so that they can be merged.
pub(super) fn normalize(service: &mut Map<String, Value>) {
    service.retain(|_, value| !value.is_null());
    for key in PAIRS {
        if let Some(value) = service.get_mut(key) {
            pairs_to_mapping(value);
        }
    }
    if let Some(build) = service.get_mut("build") {
        if let Value::String(context) = build {
            *build = object([("context", Value::String(std::mem::take(context)))]);
        }
        if let Some(args) = build.get_mut("args") {
            pairs_to_mapping(args);
        }
    }
    if let Some(Value::Array(names)) = service.get("depends_on") {
        let started = object([("condition", Value::String("service_started".to_owned()))]);
        let names = names.iter().filter_map(Value::as_str);
        let long = names.map(|name| (name.to_owned(), started.clone())).collect();
        service.insert("depends_on".to_owned(), Value::Object(long));
    }
    for key in ["env_file", "volumes", "ports", "tmpfs", "dns"] {
        if let Some(value @ (Value::String(_) | Value::Number(_))) = service.get_mut(key) {
            *value = Value::Array(vec![value.take()]);
        }
    }
}

/// Merges a later service into an earlier one, both normalized.
pub(super) fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over),
            (Some(Value::Array(base)), Value::Array(over)) if !REPLACED.contains(&key.as_str()) => {
                let new: Vec<_> = over.into_iter().filter(|item| !base.contains(item)).collect();
                base.extend(new);
            }
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

/// Turns `["A=b", "C"]` to `{"A": "b", "C": null}`. Hosts are separated by `:` as well.
fn pairs_to_mapping(value: &mut Value) {
    let Value::Array(items) = value else { return };
    let pair = |item: &Value| {
        let text = item.as_str()?;
        Some(match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Value::String(value.to_owned())),
            None => match text.split_once(':') {
                Some((name, value)) => (name.to_owned(), Value::String(value.to_owned())),
                None => (text.to_owned(), Value::Null),
            },
        })
    };
    *value = Value::Object(items.iter().filter_map(pair).collect());
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_files_add_and_replace() {
        let read = |text: &str| {
            let mut service: Map<String, Value> = serde_json::from_str(text).expect("JSON");
            normalize(&mut service);
            service
        };
        let mut base = read(
            r#"{"build": ".", "environment": ["A=1", "B"], "volumes": ["a:/a"], "command": ["x", "y"],
                "depends_on": ["db"], "env_file": ".env", "ports": 3000, "image": null}"#,
        );
        merge(
            &mut base,
            read(
                r#"{"build": {"dockerfile": "D", "args": ["V=1"]}, "environment": {"A": 2, "C": ""},
                    "volumes": ["b:/b", "a:/a"], "command": ["z"], "depends_on": {"db": {"condition": "service_healthy"}},
                    "user": null, "extra_hosts": ["a:1.2.3.4", "b=::1"]}"#,
            ),
        );
        let expected = r#"{"build":{"args":{"V":"1"},"context":".","dockerfile":"D"},"command":["z"],"depends_on":{"db":{"condition":"service_healthy"}},"env_file":[".env"],"environment":{"A":2,"B":null,"C":""},"extra_hosts":{"a":"1.2.3.4","b":"::1"},"ports":[3000],"volumes":["a:/a","b:/b"]}"#;
        assert_eq!(Value::Object(base).to_string(), expected);
    }
}
