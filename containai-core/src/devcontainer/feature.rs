//! The features that a file requests.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::DevcontainerError;
use super::feature_source::FeatureSource;
use super::fields::{JsonFields, wrong_type};
use super::provided_feature;

/// A requested feature with its options.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Feature {
    /// The identifier as written.
    pub identifier: String,
    /// The source.
    pub source: FeatureSource,
    /// The options as given.
    pub options: BTreeMap<String, String>,
    /// Remarks on options that do not apply as given, one fragment each.
    pub notes: Vec<String>,
}

impl Feature {
    /// Reads an object of features, such as `features` or `dependsOn`, in the order of `names`.
    /// Directories are relative to `folder`.
    pub(super) fn read_all(
        fields: JsonFields<'_>,
        key: &str,
        folder: &str,
        names: &[String],
    ) -> Result<Vec<Self>, DevcontainerError> {
        let Some(object) = fields.object(key)? else { return Ok(Vec::new()) };
        let named = names.iter().filter_map(|name| Some((name, object.get(name)?)));
        let mut features = Vec::new();
        for (name, value) in named {
            features.extend(Self::read(object, name, value, folder, &format!("{key}.{name}"))?);
        }
        Ok(features)
    }

    /// Reads one feature; `None` for one that is switched off.
    fn read(
        object: &Map<String, Value>,
        name: &str,
        value: &Value,
        folder: &str,
        key: &str,
    ) -> Result<Option<Self>, DevcontainerError> {
        let mut options = match value {
            Value::Bool(false) => return Ok(None),
            Value::Bool(true) | Value::Null => BTreeMap::new(),
            Value::String(version) => [("version".to_owned(), version.clone())].into(),
            Value::Object(_) => JsonFields(object).string_map(name)?,
            _ => return Err(wrong_type(key, "an object of options")),
        };
        if options.values().any(|value| value.contains('\0')) {
            return Err(wrong_type(key, "an object of options without NUL characters"));
        }
        if let Some(option) = FeatureSource::replacing_option(name) {
            options = [(option.to_owned(), "true".to_owned())].into();
        }
        let source = FeatureSource::parse(name, folder, key)?;
        let replaced = provided_feature::keep_session_user(&source, &mut options);
        let note = |option| format!("`{key}.{option}` is ignored: sessions run as `agent`");
        let notes = replaced.into_iter().map(note).collect();
        Ok(Some(Self { identifier: name.to_owned(), source, options, notes }))
    }

    /// Returns the key of this feature in a lock file.
    pub fn lock_key(&self) -> String {
        FeatureSource::lock_key(&self.identifier)
    }
}
