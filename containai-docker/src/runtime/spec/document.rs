use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// A runtime spec, edited in place as JSON.
#[derive(Debug, Clone)]
pub(in crate::runtime) struct Spec(Value);

impl Spec {
    pub(in crate::runtime) fn new(value: Value) -> Self {
        Self(value)
    }

    pub(in crate::runtime) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    /// Returns the directory of the container's root file system; `dir` is that of the bundle.
    pub(in crate::runtime) fn root_folder(&self, dir: &Path) -> Option<PathBuf> {
        Some(dir.join(self.get("/root/path")?.as_str()?))
    }

    /// Returns the value at a JSON pointer (RFC 6901).
    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// Returns the list at a JSON pointer; empty if it is missing.
    pub(super) fn list(&self, pointer: &str) -> &[Value] {
        self.get(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Returns the object at this path, created if it is missing.
    pub(super) fn object(&mut self, path: &[&str]) -> &mut Map<String, Value> {
        path.iter().fold(as_object(&mut self.0), |object, name| {
            as_object(object.entry(*name).or_insert(Value::Null))
        })
    }

    /// Returns the list `name` of the object at this path, created if it is missing.
    pub(super) fn list_mut(&mut self, path: &[&str], name: &str) -> &mut Vec<Value> {
        as_list(self.object(path).entry(name).or_insert(Value::Null))
    }
}

/// Go writes `null` for an absent object or list. Any other value of a wrong type is invalid for
/// runc too.
fn as_object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("made an object above"),
    }
}

fn as_list(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(list) => list,
        _ => unreachable!("made a list above"),
    }
}
