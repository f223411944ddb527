//! Typed access to JSON objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::DevcontainerError;
use crate::naming::EnvName;

/// The properties of a JSON object. `null` is treated as missing.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, key: &str) -> Result<Option<&'a str>, DevcontainerError> {
        self.read(key, "a string", Value::as_str)
    }

    pub(super) fn object(
        self,
        key: &str,
    ) -> Result<Option<&'a Map<String, Value>>, DevcontainerError> {
        self.read(key, "an object", Value::as_object)
    }

    pub(super) fn list(self, key: &str) -> Result<&'a [Value], DevcontainerError> {
        Ok(self.read(key, "an array", Value::as_array)?.map_or(&[], Vec::as_slice))
    }

    /// Reads an object of strings; numbers and booleans are converted.
    pub(super) fn texts(self, key: &str) -> Result<BTreeMap<String, String>, DevcontainerError> {
        let Some(object) = self.object(key)? else { return Ok(BTreeMap::new()) };
        let pair = |(name, value): (&String, &Value)| {
            let text = plain(value).ok_or_else(|| wrong(&format!("{key}.{name}"), "a string"))?;
            Ok((name.clone(), text))
        };
        object.iter().map(pair).collect()
    }

    /// Reads an object of strings whose keys are variable names.
    pub(super) fn variables(
        self,
        key: &str,
    ) -> Result<BTreeMap<String, String>, DevcontainerError> {
        let variables = self.texts(key)?;
        for (name, value) in &variables {
            let is_variable = EnvName::parse(name).is_ok() && !value.contains('\0');
            if !is_variable {
                return Err(wrong(&format!("{key}.{name}"), "a valid variable name and value"));
            }
        }
        Ok(variables)
    }

    fn read<T>(
        self,
        key: &str,
        expected: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DevcontainerError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong(key, expected))
    }
}

/// Returns a scalar value as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        _ => None,
    }
}

pub(super) fn wrong(key: &str, expected: &'static str) -> DevcontainerError {
    DevcontainerError::Value { key: key.to_owned(), expected }
}
