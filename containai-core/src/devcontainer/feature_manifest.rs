//! Manifests of features.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::context::DevcontainerContext;
use super::error::DevcontainerError;
use super::feature::Feature;
use super::feature_source::FeatureSource;
use super::fields::{JsonFields, scalar_text};
use super::jsonc;
use super::lifecycle::Lifecycle;
use super::mount::RequestedMount;
use super::plan::DevcontainerPlan;
use super::substitute::{SubstitutionVariables, substitute};
use crate::layout::CONTAINER_WORKSPACE;

/// The properties that change the isolation of a container. Root in a container of ContainAI has all
/// capabilities of its own user namespace.
const ISOLATION_KEYS: [&str; 4] = ["privileged", "capAdd", "securityOpt", "init"];

/// The manifest of a feature, `devcontainer-feature.json`.
///
/// Source: <https://containers.dev/implementors/features/#devcontainer-featurejson-properties>.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FeatureManifest {
    /// The id.
    pub id: String,
    /// The version.
    pub version: Option<String>,
    /// The options by name.
    pub options: BTreeMap<String, FeatureOption>,
    /// Variables of the image in the order of the manifest; values may refer to previous ones.
    pub environment: Vec<(String, String)>,
    /// The lifecycle commands.
    pub lifecycle: Lifecycle,
    /// Additional mounts.
    pub mounts: Vec<RequestedMount>,
    /// A shell command to run as root at each start.
    pub entrypoint: Option<String>,
    /// The features that have to be installed before.
    pub depends_on: Vec<Feature>,
    /// The resources of features to install before, if they are installed at all.
    pub installs_after: Vec<String>,
    /// Earlier ids.
    pub legacy_ids: Vec<String>,
    /// The properties without effect, because the container has what they ask for.
    pub satisfied: Vec<&'static str>,
    /// Whether the feature is no longer maintained.
    pub is_deprecated: bool,
}

/// An option of a feature.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FeatureOption {
    /// The default value.
    pub default: Option<String>,
    /// The allowed values; empty if all are.
    pub allowed: Vec<String>,
}

impl FeatureManifest {
    /// Parses the manifest of a feature. Variables of the host apply only to `mounts`.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`] for values of the wrong type, and for mounts and dependencies that are
    /// not supported.
    pub fn parse(
        text: &str,
        source: &FeatureSource,
        host: &DevcontainerContext<'_>,
    ) -> Result<Self, DevcontainerError> {
        let raw = jsonc::parse(text)?;
        let (object, mounts) = (replace(&raw, host, &|_| None), replace(&raw, host, host.variable));
        let fields = JsonFields(&object);
        let own = |key| Ok::<_, DevcontainerError>(fields.string(key)?.map(str::to_owned));
        let variables = fields.variables("containerEnv")?;
        let names = jsonc::key_order(text, "containerEnv");
        let environment = names.into_iter().filter_map(|name| {
            let value = variables.get(&name)?.clone();
            Some((name, value))
        });
        Ok(Self {
            id: own("id")?.unwrap_or_default(),
            version: own("version")?,
            options: options(fields)?,
            environment: environment.collect(),
            lifecycle: Lifecycle::read(fields)?,
            mounts: mounts_of(JsonFields(&mounts))?,
            entrypoint: own("entrypoint")?.filter(|command| !command.trim().is_empty()),
            depends_on: dependencies(fields, text, source, host.folder)?,
            installs_after: installs_after(fields, host.folder)?,
            legacy_ids: texts(fields.array("legacyIds")?),
            satisfied: satisfied(fields),
            is_deprecated: fields.get("deprecated") == Some(&Value::Bool(true)),
        })
    }

    /// Returns the option values as variables for the installation script.
    ///
    /// Source: <https://containers.dev/implementors/features/#option-resolution>.
    pub fn option_variables(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let default = |(name, option): (&String, &FeatureOption)| {
            Some((option_variable(name), option.default.clone()?))
        };
        let defaults = self.options.iter().filter_map(default);
        let given = given.iter().map(|(name, value)| (option_variable(name), value.clone()));
        defaults.chain(given).collect()
    }

    /// Returns remarks on given options that the manifest does not have or allow, one fragment each.
    pub fn option_notes(&self, feature: &Feature) -> Vec<String> {
        let name = &feature.identifier;
        let note = |(option, value): (&String, &String)| match self.options.get(option) {
            // The shorthand sets the version of any feature.
            None if option == "version" => None,
            None => Some(format!("`features.{name}.{option}` is not an option of the feature")),
            Some(known) if known.allowed.is_empty() || known.allowed.contains(value) => None,
            Some(known) => Some(format!(
                "`features.{name}.{option}` is `{}`, but the feature knows {}",
                value.escape_debug(),
                known.allowed.join(", ")
            )),
        };
        feature.options.iter().filter_map(note).collect()
    }
}

fn replace(
    object: &Map<String, Value>,
    host: &DevcontainerContext<'_>,
    local: &dyn Fn(&str) -> Option<String>,
) -> Map<String, Value> {
    let variables = SubstitutionVariables {
        local_folder: host.workspace,
        container_folder: CONTAINER_WORKSPACE,
        id: host.id,
        local,
    };
    substitute(object, &variables)
}

/// Reads `mounts`; those that every container satisfies are none.
fn mounts_of(fields: JsonFields<'_>) -> Result<Vec<RequestedMount>, DevcontainerError> {
    let mut plan = DevcontainerPlan::default();
    let mounts = RequestedMount::read_all(fields, &mut plan)?;
    plan.refusal().map(|()| mounts)
}

fn options(fields: JsonFields<'_>) -> Result<BTreeMap<String, FeatureOption>, DevcontainerError> {
    let read = |(name, option): (&String, &Value)| {
        let default = option.get("default").and_then(scalar_text);
        let allowed = option.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        let allowed = texts(allowed.unwrap_or_default());
        (name.clone(), FeatureOption { default, allowed })
    };
    Ok(fields.object("options")?.into_iter().flatten().map(read).collect())
}

/// Reads `dependsOn`. Only a feature of the workspace may depend on a directory of it.
fn dependencies(
    fields: JsonFields<'_>,
    text: &str,
    source: &FeatureSource,
    folder: &str,
) -> Result<Vec<Feature>, DevcontainerError> {
    let names = jsonc::key_order(text, "dependsOn");
    let features = Feature::read_all(fields, "dependsOn", folder, &names)?;
    let is_foreign = |feature: &&Feature| source.is_downloaded() && !feature.source.is_downloaded();
    match features.iter().find(is_foreign) {
        Some(feature) => Err(DevcontainerError::Unsupported {
            key: format!("dependsOn.{}", feature.identifier),
            reason: "a downloaded feature cannot depend on a directory of the workspace",
        }),
        None => Ok(features),
    }
}

/// Reads `installsAfter`; names that nothing can have are skipped, as the property only orders.
fn installs_after(fields: JsonFields<'_>, folder: &str) -> Result<Vec<String>, DevcontainerError> {
    let names = texts(fields.array("installsAfter")?).into_iter();
    let resource =
        |name: String| Some(FeatureSource::parse(&name, folder, "installsAfter").ok()?.resource());
    Ok(names.filter_map(resource).collect())
}

fn satisfied(fields: JsonFields<'_>) -> Vec<&'static str> {
    let is_set = |key: &&str| match fields.get(key) {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    ISOLATION_KEYS.into_iter().filter(is_set).collect()
}

fn texts(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
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

    fn parse(text: &str, identifier: &str) -> Result<FeatureManifest, DevcontainerError> {
        let host = DevcontainerContext {
            workspace: "/home/me/api",
            folder: ".devcontainer",
            id: "4711",
            compose: None,
            variable: &|name| (name == "HOME").then(|| "/home/me".to_owned()),
        };
        let source = FeatureSource::parse(identifier, host.folder, "k").expect("a source");
        FeatureManifest::parse(text, &source, &host)
    }

    #[test]
    fn option_names_become_variable_names() {
        for (option, expected) in
            [("version", "VERSION"), ("install-x.y", "INSTALL_X_Y"), ("_1a", "_A"), ("9é", "_")]
        {
            assert_eq!(option_variable(option), expected, "{option}");
        }
        let manifest = parse(
            r#"{"id": "f", "options": {"version": {"default": "1"}, "on": {"default": true}, "x": {},
                "y": {"enum": ["a", "b"], "default": "a"}}, "postCreateCommand": "f"}"#,
            "./f",
        )
        .expect("a manifest");
        let fields: Map<String, Value> =
            serde_json::from_str(r#"{"f": {"./f": {"version": 2, "y": "c", "z": false}}}"#)
                .expect("JSON");
        let given = Feature::read_all(JsonFields(&fields), "f", "", &["./f".into()]).expect("some");
        let variables = manifest.option_variables(&given[0].options);
        let expected = [("ON", "true"), ("VERSION", "2"), ("Y", "c"), ("Z", "false")];
        assert!(variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(expected));
        let notes = manifest.option_notes(&given[0]);
        assert_eq!(
            notes,
            [
                "`features../f.y` is `c`, but the feature knows a, b",
                "`features../f.z` is not an option of the feature",
            ]
        );
        assert_eq!(manifest.lifecycle.post_create.len(), 1);
    }

    #[test]
    fn variables_keep_the_order_of_the_manifest() {
        let manifest = parse(
            r#"{"containerEnv": {"ZED_HOME": "/z", "PATH": "${ZED_HOME}/bin:${PATH}"}}"#,
            "./f",
        )
        .expect("a manifest");
        let names: Vec<_> = manifest.environment.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ZED_HOME", "PATH"]);
    }

    #[test]
    fn properties_are_read() {
        let manifest = parse(
            r#"{"id": "x", "version": "1.2.3", "deprecated": true, "legacyIds": ["y"],
                "mounts": [{"source": "x-${devcontainerId}", "target": "/x", "type": "volume"},
                           "type=bind,source=${localEnv:HOME}/d,target=/d"],
                "containerEnv": {"A": "${localEnv:HOME}"}, "entrypoint": "/start ${devcontainerId}",
                "privileged": true, "capAdd": [], "securityOpt": ["x"], "init": false,
                "dependsOn": {"ghcr.io/a/b:1": {"o": true}, "ghcr.io/a/c": "2"},
                "installsAfter": ["GHCR.io/a/b:2", "common-utils", "./z", "!"]}"#,
            "ghcr.io/a/x",
        )
        .expect("a manifest");
        assert_eq!(manifest.mounts[0].to_string(), "x-4711 at /x");
        assert_eq!(manifest.mounts[1].to_string(), "/home/me/d at /d");
        // The image must not contain variables of the host.
        assert_eq!(manifest.environment, [("A".to_owned(), String::new())]);
        assert_eq!(manifest.entrypoint.as_deref(), Some("/start 4711"));
        assert_eq!(manifest.satisfied, ["privileged", "securityOpt"]);
        let needs: Vec<_> = manifest.depends_on.iter().map(|it| it.source.to_string()).collect();
        assert_eq!(needs, ["ghcr.io/a/b:1", "ghcr.io/a/c:latest"]);
        assert_eq!(manifest.installs_after, ["ghcr.io/a/b", ".devcontainer/z"]);
        assert!(manifest.is_deprecated && manifest.legacy_ids == ["y"]);
        let foreign = r#"{"dependsOn": {"./secret": {}}}"#;
        assert!(parse(foreign, "./x").is_ok());
        let refused = parse(foreign, "ghcr.io/a/x").expect_err("a directory of the workspace");
        assert!(refused.to_string().contains("cannot depend on a directory"), "{refused}");
    }
}
