//! Features: installation scripts in the workspace.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text, wrong_type};
use super::jsonc;
use super::lifecycle::Lifecycle;
use super::path::resolve_in_workspace;

/// A feature in a directory of the workspace, with its options.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Feature {
    /// The directory, relative to the workspace.
    pub directory: String,
    /// The options as given.
    pub options: BTreeMap<String, String>,
}

impl Feature {
    /// Reads `features` in document order.
    pub(super) fn read(
        fields: JsonFields<'_>,
        folder: &str,
        order: &[String],
    ) -> Result<Vec<Self>, DevcontainerError> {
        let Some(object) = fields.object("features")? else { return Ok(Vec::new()) };
        let mut features = Vec::new();
        // The map is unordered, but a feature may need software that a previous one installs.
        let named = order.iter().filter_map(|name| Some((name, object.get(name)?)));
        for (name, value) in named {
            let key = format!("features.{name}");
            if !name.starts_with("./") {
                let reason = "only features in the workspace are installed, such as `./feature`: \
                              copy registry features there";
                return Err(DevcontainerError::Unsupported { key, reason });
            }
            let options = match value {
                Value::Bool(false) => continue,
                Value::Bool(true) | Value::Null => BTreeMap::new(),
                Value::String(version) => [("version".to_owned(), version.clone())].into(),
                Value::Object(_) => fields
                    .object("features")?
                    .map(|features| JsonFields(features).string_map(name))
                    .transpose()?
                    .unwrap_or_default(),
                _ => return Err(wrong_type(&key, "an object of options")),
            };
            features.push(Self { directory: resolve_in_workspace(folder, name, &key)?, options });
        }
        Ok(features)
    }
}

/// The manifest of a feature, `devcontainer-feature.json`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FeatureManifest {
    /// The id.
    pub id: String,
    /// The default values of its options.
    pub defaults: BTreeMap<String, String>,
    /// Variables of the image, which may refer to previous ones.
    pub environment: BTreeMap<String, String>,
    /// The lifecycle commands.
    pub lifecycle: Lifecycle,
}

impl FeatureManifest {
    /// Parses a manifest.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`] for unsupported properties, such as mounts and dependencies.
    pub fn parse(manifest: &str) -> Result<Self, DevcontainerError> {
        let object = jsonc::parse(manifest)?;
        let fields = JsonFields(&object);
        for (key, reason) in [
            ("mounts", "features cannot add mounts"),
            ("dependsOn", "list the features it depends on before it"),
            ("entrypoint", "systemd is the first process of a container: use a unit instead"),
        ] {
            let is_empty = |value: &Value| match value {
                Value::Array(items) => items.is_empty(),
                Value::Object(object) => object.is_empty(),
                value => value.as_str() == Some(""),
            };
            if fields.get(key).is_some_and(|value| !is_empty(value)) {
                return Err(DevcontainerError::Unsupported { key: key.to_owned(), reason });
            }
        }
        let mut defaults = BTreeMap::new();
        for (name, option) in fields.object("options")?.into_iter().flatten() {
            let default = option.get("default").and_then(scalar_text);
            defaults.extend(default.map(|default| (name.clone(), default)));
        }
        Ok(Self {
            id: fields.string("id")?.unwrap_or_default().to_owned(),
            defaults,
            environment: fields.variables("containerEnv")?,
            lifecycle: Lifecycle::read(fields)?,
        })
    }

    /// Returns the option values as variables for the installation script.
    ///
    /// Source: <https://containers.dev/implementors/features/#option-resolution>.
    pub fn option_variables(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let all = self.defaults.iter().chain(given);
        all.map(|(name, value)| (option_variable(name), value.clone())).collect()
    }
}

/// Returns the variable name of an option: other characters become `_`, and leading digits and
/// underscores are replaced by one `_`.
fn option_variable(option: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = option.chars().map(plain).collect();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    if rest.len() == name.len() { name } else { format!("_{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_names_become_variable_names() {
        for (option, expected) in
            [("version", "VERSION"), ("install-x.y", "INSTALL_X_Y"), ("_1a", "_A"), ("9é", "_")]
        {
            assert_eq!(option_variable(option), expected, "{option}");
        }
        let manifest = FeatureManifest::parse(
            "{\"id\":\"f\",\"options\":{\"version\":{\"default\":\"1\"},\"on\":{\"default\":true},\"x\":{}},\
             \"containerEnv\":{\"PATH\":\"/f:${PATH}\"},\"postCreateCommand\":\"f\"}",
        )
        .expect("a manifest");
        let given = [("version".to_owned(), "2".to_owned())].into();
        let variables = manifest.option_variables(&given);
        let expected = [("ON", "true"), ("VERSION", "2")];
        assert!(variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(expected));
        assert_eq!(manifest.lifecycle.post_create.len(), 1);
        let refused = FeatureManifest::parse("{\"mounts\":[\"source=/,target=/host\"]}");
        assert!(matches!(refused, Err(DevcontainerError::Unsupported { .. })));
    }
}
