//! The `devcontainer.json` that a service stands for.

use serde_json::{Map, Value};

use super::project::ComposeProject;
use super::run_args;
use super::volumes::ServiceVolume;
use crate::devcontainer::DevcontainerError;
use crate::devcontainer::fields::{JsonFields, scalar_text};
use crate::devcontainer::plan::DevcontainerPlan;
use crate::layout::CONTAINER_USER;

/// Build settings that the build of the image depends on, with the reason for their refusal.
const REFUSED_BUILD: [(&str, &str); 4] = [
    ("dockerfile_inline", "write the Dockerfile to a file"),
    ("additional_contexts", "copy from the build context"),
    ("ssh", "builds get no keys"),
    ("secrets", "builds get no secrets"),
];
/// Variables of the host that sessions have their own values of.
const OWN_VARIABLES: [&str; 11] =
    ["GID", "HOME", "HOSTNAME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "UID", "USER"];

impl ComposeProject {
    /// Returns the document with the properties that the service stands for. Those of the document
    /// itself come first. `folder` is the folder of the document, and `local` the path of the
    /// workspace on the host.
    pub(in crate::devcontainer) fn apply(
        &self,
        document: &Map<String, Value>,
        folder: &str,
        local: &str,
        plan: &mut DevcontainerPlan,
    ) -> Result<Map<String, Value>, DevcontainerError> {
        let mut document = document.clone();
        document.remove("dockerComposeFile");
        self.apply_image(&mut document, folder, plan)?;
        self.apply_environment(&mut document)?;
        self.apply_volumes(&mut document, local, plan);
        self.apply_command(&document, plan);
        let own = JsonFields(&self.definition);
        if let Some(user) = own.get("user").and_then(scalar_text) {
            let name = match user.split(':').next().unwrap_or_default() {
                "0" => "root",
                "1000" => CONTAINER_USER,
                name => name,
            };
            document.entry("containerUser").or_insert(Value::String(name.to_owned()));
        }
        if let Some(directory) = own.get("working_dir").and_then(Value::as_str) {
            document.entry("workspaceFolder").or_insert(Value::String(directory.to_owned()));
        }
        append(&mut document, "runArgs", run_args::of_service(&self.service, own, plan));
        append(&mut document, "appPort", own.array("ports")?.iter().flat_map(app_ports).collect());
        Ok(document)
    }

    fn apply_image(
        &self,
        document: &mut Map<String, Value>,
        folder: &str,
        plan: &mut DevcontainerPlan,
    ) -> Result<(), DevcontainerError> {
        for key in ["image", "build", "dockerFile", "context"] {
            document.remove(key);
        }
        let own = JsonFields(&self.definition);
        let Some(build) = own.object("build")?.map(JsonFields) else {
            match own.get("image") {
                Some(image) => drop(document.insert("image".to_owned(), image.clone())),
                None => plan.refused(
                    format!("services.{}", self.service),
                    "it has neither `image` nor `build`",
                ),
            }
            return Ok(());
        };
        for (key, reason) in REFUSED_BUILD {
            if build.get(key).is_some() {
                plan.refused(format!("services.{}.build.{key}", self.service), reason);
            }
        }
        let context = build.string("context")?.unwrap_or_default();
        let file = build.string("dockerfile")?.unwrap_or("Dockerfile");
        let dockerfile =
            if context.is_empty() { file.to_owned() } else { format!("{context}/{file}") };
        let mut entry = Map::new();
        let up = "../".repeat(folder.split('/').filter(|part| !part.is_empty()).count());
        entry.insert("context".to_owned(), Value::String(format!("{up}{}", or_dot(context))));
        entry.insert("dockerfile".to_owned(), Value::String(format!("{up}{dockerfile}")));
        let args = build.object("args")?.into_iter().flatten();
        let args = args.map(|(name, value)| (name.clone(), value_or_host(name, value)));
        entry.insert("args".to_owned(), Value::Object(args.collect()));
        entry.extend(build.get("target").map(|target| ("target".to_owned(), target.clone())));
        document.insert("build".to_owned(), Value::Object(entry));
        Ok(())
    }

    fn apply_environment(
        &self,
        document: &mut Map<String, Value>,
    ) -> Result<(), DevcontainerError> {
        let files = self.env_files.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let mut variables: Map<String, Value> = files.collect();
        let own = JsonFields(&self.definition).object("environment")?.into_iter().flatten();
        variables.extend(own.map(|(name, value)| (name.clone(), value_or_host(name, value))));
        let given = JsonFields(document).object("containerEnv")?.cloned();
        variables.extend(given.into_iter().flatten());
        document.insert("containerEnv".to_owned(), Value::Object(variables));
        let mut session = JsonFields(document).object("remoteEnv")?.cloned().unwrap_or_default();
        for name in &self.host_variables {
            if !OWN_VARIABLES.contains(&name.as_str()) {
                session.entry(name.clone()).or_insert_with(|| host_variable(name));
            }
        }
        document.insert("remoteEnv".to_owned(), Value::Object(session));
        Ok(())
    }

    fn apply_volumes(
        &self,
        document: &mut Map<String, Value>,
        local: &str,
        plan: &mut DevcontainerPlan,
    ) {
        let (mut mounts, mut places) = (Vec::new(), Vec::new());
        for volume in self.service_volumes(local, plan) {
            match volume {
                ServiceVolume::Mount(mount) => mounts.push(mount),
                ServiceVolume::Workspace(target) => places.push(target),
            }
        }
        append(document, "mounts", mounts);
        let name = local.rsplit('/').next().unwrap_or_default();
        let folder = document.get("workspaceFolder").and_then(Value::as_str).unwrap_or_default();
        let folder = folder.replace("${localWorkspaceFolderBasename}", name);
        let has_folder = |place: &&String| {
            folder
                .strip_prefix(place.as_str())
                .is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        let Some(chosen) = places.iter().find(has_folder).or(places.last()).cloned() else {
            return;
        };
        for other in places.iter().filter(|place| **place != chosen) {
            let property = format!("services.{}.volumes {other}", self.service);
            plan.left_out(property, format!("the workspace is at `{chosen}`"));
        }
        let mount = format!("type=bind,source=${{localWorkspaceFolder}},target={chosen}");
        document.entry("workspaceMount").or_insert(Value::String(mount));
        document.entry("workspaceFolder").or_insert(Value::String(chosen));
    }

    /// Notes a command that does more than to keep the container running.
    fn apply_command(&self, document: &Map<String, Value>, plan: &mut DevcontainerPlan) {
        if document.get("overrideCommand") == Some(&Value::Bool(true)) {
            return;
        }
        for key in ["entrypoint", "command"] {
            let command = self.definition.get(key).filter(|command| !is_idle(command));
            if command.is_some() {
                plan.left_out(
                    format!("services.{}.{key}", self.service),
                    "systemd is the first process: run the command with `postStartCommand`",
                );
            }
        }
    }
}

fn is_idle(command: &Value) -> bool {
    let text = match command {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let text = text.trim();
    text.is_empty()
        || text.contains("sleep ")
        || text.contains("tail -f /dev/null")
        || matches!(text, "bash" | "sh" | "/bin/bash" | "/bin/sh" | "zsh" | "/bin/zsh" | "cat")
}

/// Returns the ports of an entry in the form of `appPort`; ranges and other protocols stay as they are,
/// and are left out there.
fn app_ports(entry: &Value) -> Vec<Value> {
    let text = match entry {
        Value::Object(port) => {
            let part = |key: &str| port.get(key).and_then(scalar_text);
            match (part("published"), part("target")) {
                (Some(published), Some(target)) => format!("{published}:{target}"),
                (None, Some(target)) => target,
                _ => return Vec::new(),
            }
        }
        other => scalar_text(other).unwrap_or_default(),
    };
    vec![Value::String(text.strip_suffix("/tcp").unwrap_or(&text).to_owned())]
}

/// A name without a value takes that of the host.
fn value_or_host(name: &str, value: &Value) -> Value {
    if value.is_null() { host_variable(name) } else { value.clone() }
}

fn host_variable(name: &str) -> Value {
    Value::String(format!("${{localEnv:{name}}}"))
}

fn or_dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Appends items to a property that is a list or one item.
fn append(document: &mut Map<String, Value>, key: &str, items: Vec<Value>) {
    if items.is_empty() {
        return;
    }
    let slot = document.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if !slot.is_array() {
        *slot = Value::Array(vec![slot.take()]);
    }
    if let Value::Array(list) = slot {
        list.extend(items);
    }
}
