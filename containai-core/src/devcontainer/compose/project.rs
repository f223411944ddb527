//! The Compose files of a `devcontainer.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::interpolate::{ComposeVariables, host_variables};
use super::paths::{ComposeDir, resolve_paths};
use super::{env_file, merge, yaml};
use crate::devcontainer::DevcontainerError;
use crate::devcontainer::fields::{JsonFields, wrong_type};
use crate::devcontainer::jsonc;
use crate::devcontainer::path::resolve_in_workspace;

/// The most Compose files of a project.
const MAX_FILES: usize = 16;
/// The longest chain of `extends`.
const MAX_EXTENDS: usize = 8;

/// The use of a file that is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ComposeInput {
    /// A Compose file.
    Project,
    /// Variables; their values may be secret.
    Variables,
}

/// Reads a file of the workspace; `None` if it does not exist. The text becomes part of what a
/// person approves.
pub type ComposeReader<'a> =
    dyn Fn(&str, ComposeInput) -> Result<Option<String>, DevcontainerError> + 'a;

/// The Compose files of a `devcontainer.json`, and the service that is the container.
#[derive(Clone, Debug, PartialEq)]
pub struct ComposeProject {
    /// The files in their order, relative to the workspace.
    pub(super) files: Vec<String>,
    /// The service that is the container.
    pub(super) service: String,
    /// The services to run beside it; `None` for all.
    pub(super) run_services: Option<Vec<String>>,
    /// The service, merged and with its variables replaced; paths are relative to the workspace.
    pub(super) definition: Map<String, Value>,
    /// The variables of its `env_file`s.
    pub(super) env_files: BTreeMap<String, String>,
    /// The top-level `volumes`.
    pub(super) volumes: Map<String, Value>,
    /// The host's variables that the other services need.
    pub(super) host_variables: BTreeSet<String>,
    /// Whether there are other services.
    pub(super) has_others: bool,
}

/// A Compose file, and the directory that its paths start from.
struct ComposeFile {
    content: Map<String, Value>,
    dir: ComposeDir,
}

impl ComposeProject {
    /// Reads the Compose files that a `devcontainer.json` names; `None` if it names none. `folder`
    /// is the folder of the file, relative to the workspace.
    ///
    /// # Errors
    ///
    /// [`DevcontainerError`] if a file is missing, invalid or outside the workspace, or has no such
    /// service.
    pub fn read(
        text: &str,
        folder: &str,
        read: &ComposeReader<'_>,
    ) -> Result<Option<Self>, DevcontainerError> {
        let object = jsonc::parse(text)?;
        let fields = JsonFields(&object);
        let Some(names) = fields.get("dockerComposeFile") else { return Ok(None) };
        let paths = names_of("dockerComposeFile", names)?;
        let service = fields
            .string("service")?
            .ok_or_else(|| wrong_type("service", "the name of a service in the Compose files"))?;
        let run_services =
            fields.get("runServices").map(|names| names_of("runServices", names)).transpose()?;
        let paths: Vec<String> = paths
            .iter()
            .map(|path| resolve_in_workspace(folder, path, "dockerComposeFile"))
            .collect::<Result<_, _>>()?;
        if paths.is_empty() || paths.len() > MAX_FILES {
            return Err(wrong_type("dockerComposeFile", "a path, or a list of up to 16 paths"));
        }
        Self::load(paths, service, run_services, read).map(Some)
    }

    fn load(
        paths: Vec<String>,
        service: &str,
        run_services: Option<Vec<String>>,
        read: &ComposeReader<'_>,
    ) -> Result<Self, DevcontainerError> {
        // Compose resolves all paths from the directory of the first file.
        let dir = ComposeDir::of_file(&paths[0]);
        let dotenv = read(&dir.file(".env"), ComposeInput::Variables)?.unwrap_or_default();
        let variables = ComposeVariables(env_file::parse(&dotenv, &ComposeVariables::default()));
        let files: Vec<ComposeFile> = paths
            .iter()
            .map(|path| ComposeFile::read(path, dir.clone(), read))
            .collect::<Result<_, _>>()?;
        let mut definition = Map::new();
        let mut volumes = Map::new();
        let mut host_names = BTreeSet::new();
        let mut others = BTreeSet::new();
        let mut is_found = false;
        for file in &files {
            let services = JsonFields(&file.content).object("services")?.into_iter().flatten();
            for (name, value) in services {
                if name != service {
                    others.insert(name.clone());
                    host_variables(&variables.expand(value), &mut host_names);
                }
            }
            if let Some(found) = file.service(service, &variables, MAX_EXTENDS, read)? {
                is_found = true;
                merge::merge(&mut definition, found);
            }
            let named = JsonFields(&file.content).object("volumes")?.into_iter().flatten();
            volumes.extend(named.map(|(name, value)| (name.clone(), variables.expand(value))));
        }
        if !is_found {
            let services: Vec<_> = others.iter().cloned().collect();
            return Err(DevcontainerError::NoSuchService { service: service.to_owned(), services });
        }
        let env_files = read_env_files(&definition, &variables, read)?;
        let has_include = files.iter().any(|file| file.content.contains_key("include"));
        for (name, value) in &variables.0 {
            fill_environment(&mut definition, name, value);
        }
        Ok(Self {
            files: paths,
            service: service.to_owned(),
            run_services,
            definition,
            env_files,
            volumes,
            host_variables: host_names,
            has_others: !others.is_empty() || has_include,
        })
    }
}

impl ComposeFile {
    fn read(
        path: &str,
        dir: ComposeDir,
        read: &ComposeReader<'_>,
    ) -> Result<Self, DevcontainerError> {
        let missing = || DevcontainerError::ComposeSyntax {
            path: path.to_owned(),
            message: "it does not exist".to_owned(),
        };
        let text = read(path, ComposeInput::Project)?.ok_or_else(missing)?;
        Ok(Self { content: yaml::parse(path, &text)?, dir })
    }

    /// Returns a service with what it extends; `None` if the file has no such service.
    fn service(
        &self,
        name: &str,
        variables: &ComposeVariables,
        depth: usize,
        read: &ComposeReader<'_>,
    ) -> Result<Option<Map<String, Value>>, DevcontainerError> {
        let services = JsonFields(&self.content).object("services")?;
        let Some(value) = services.and_then(|services| services.get(name)) else { return Ok(None) };
        let mut own = match variables.expand(value) {
            Value::Object(own) => own,
            Value::Null => Map::new(),
            _ => return Err(wrong_type(&format!("services.{name}"), "a mapping")),
        };
        let extends = own.remove("extends");
        merge::normalize(&mut own);
        resolve_paths(&mut own, &self.dir)?;
        let Some(extends) = extends else { return Ok(Some(own)) };
        let key = format!("services.{name}.extends");
        let depth = depth.checked_sub(1).ok_or_else(|| wrong_type(&key, "a chain of services"))?;
        let from = extends.as_str().or_else(|| extends["service"].as_str());
        let from = from.ok_or_else(|| wrong_type(&key, "the name of a service"))?;
        let base = match extends["file"].as_str() {
            None => self.service(from, variables, depth, read)?,
            Some(file) => {
                let path = self.dir.resolve(file, &key)?;
                let dir = ComposeDir::of_file(&path);
                Self::read(&path, dir, read)?.service(from, variables, depth, read)?
            }
        };
        let missing =
            || DevcontainerError::NoSuchService { service: from.to_owned(), services: Vec::new() };
        let mut whole = base.ok_or_else(missing)?;
        // A service does not inherit what it waits for.
        whole.remove("depends_on");
        merge::merge(&mut whole, own);
        Ok(Some(whole))
    }
}

/// Reads a string, or a list of strings.
fn names_of(key: &str, value: &Value) -> Result<Vec<String>, DevcontainerError> {
    let names = match value {
        Value::String(name) => Some(vec![name.clone()]),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()
        }
        _ => None,
    };
    names.ok_or_else(|| wrong_type(key, "a string or an array of strings"))
}

fn read_env_files(
    definition: &Map<String, Value>,
    variables: &ComposeVariables,
    read: &ComposeReader<'_>,
) -> Result<BTreeMap<String, String>, DevcontainerError> {
    let mut found = BTreeMap::new();
    for file in JsonFields(definition).array("env_file")? {
        let path = file.as_str().or_else(|| file["path"].as_str());
        let path = path.ok_or_else(|| wrong_type("env_file", "a path or a list of paths"))?;
        match read(path, ComposeInput::Variables)? {
            Some(text) => found.extend(env_file::parse(&text, variables)),
            None if file["required"] == Value::Bool(false) => {}
            None => {
                let (path, message) = (path.to_owned(), "it does not exist".to_owned());
                return Err(DevcontainerError::ComposeSyntax { path, message });
            }
        }
    }
    Ok(found)
}

/// Gives a variable that the service passes on, `NAME` without a value, the value of `.env`.
fn fill_environment(definition: &mut Map<String, Value>, name: &str, value: &str) {
    if let Some(slot @ Value::Null) =
        definition.get_mut("environment").and_then(|environment| environment.get_mut(name))
    {
        *slot = Value::String(value.to_owned());
    }
}
