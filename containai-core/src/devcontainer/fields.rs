//! Typed access to JSON objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::DevcontainerError;
use crate::naming::EnvName;

/// The properties of a JSON object. `null` is treated as missing.
#[derive(Clone, Copy)]
pub(super) struct JsonFields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> JsonFields<'a> {
    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn string(self, key: &str) -> Result<Option<&'a str>, DevcontainerError> {
        self.read_as(key, "a string", Value::as_str)
    }

    pub(super) fn object(
        self,
        key: &str,
    ) -> Result<Option<&'a Map<String, Value>>, DevcontainerError> {
        self.read_as(key, "an object", Value::as_object)
    }

    pub(super) fn array(self, key: &str) -> Result<&'a [Value], DevcontainerError> {
        Ok(self.read_as(key, "an array", Value::as_array)?.map_or(&[], Vec::as_slice))
    }

    /// Reads an object of strings; numbers and booleans are converted.
    pub(super) fn string_map(
        self,
        key: &str,
    ) -> Result<BTreeMap<String, String>, DevcontainerError> {
        let Some(object) = self.object(key)? else { return Ok(BTreeMap::new()) };
        let pair = |(name, value): (&String, &Value)| {
            let text = scalar_text(value)
                .ok_or_else(|| wrong_type(&format!("{key}.{name}"), "a string"))?;
            Ok((name.clone(), text))
        };
        object.iter().map(pair).collect()
    }

    /// Reads an object of strings whose keys are variable names.
    pub(super) fn variables(
        self,
        key: &str,
    ) -> Result<BTreeMap<String, String>, DevcontainerError> {
        let variables = self.string_map(key)?;
        for (name, value) in &variables {
            let is_variable = EnvName::parse(name).is_ok() && !value.contains('\0');
            if !is_variable {
                return Err(wrong_type(
                    &format!("{key}.{name}"),
                    "a valid variable name and value",
                ));
            }
        }
        Ok(variables)
    }

    fn read_as<T>(
        self,
        key: &str,
        expected: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DevcontainerError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong_type(key, expected))
    }
}

/// Returns a scalar value as text.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        _ => None,
    }
}

pub(super) fn wrong_type(key: &str, expected: &'static str) -> DevcontainerError {
    DevcontainerError::WrongType { key: key.to_owned(), expected }
}
