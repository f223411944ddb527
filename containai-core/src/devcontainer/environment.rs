//! The variables of the file, by the place where their values are known.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::container_variable::uses_container_variable;
use super::error::DevcontainerError;
use super::fields::JsonFields;
use super::plan::DevcontainerPlan;
use super::substitute::uses_host_variable;

/// The variables that the file sets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ContainerEnvironment {
    /// Variables of the image, with their values.
    pub(super) image: BTreeMap<String, String>,
    /// Variables of the image whose values contain `${containerEnv:NAME}`, in order.
    pub(super) derived: Vec<(String, String)>,
    /// Variables of sessions. Values may come from the host and be secret.
    pub(super) session: BTreeMap<String, String>,
}

/// A variable as the file sets it.
pub(super) struct WrittenVariable {
    /// The property, for notes.
    pub(super) property: String,
    /// The name.
    pub(super) name: String,
    /// The value after substitution.
    pub(super) value: String,
    /// The processes that get the variable.
    pub(super) scope: VariableScope,
    /// The origin of the value.
    pub(super) origin: ValueOrigin,
}

/// The processes that get a variable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VariableScope {
    /// All processes of the container.
    Container,
    /// Sessions and lifecycle commands.
    Sessions,
}

/// The origin of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ValueOrigin {
    /// The file.
    File,
    /// The host, at least in part: it may be secret and must not be part of an image.
    Host,
}

impl ValueOrigin {
    /// Returns the origin of a value before substitution.
    pub(super) fn of(raw: Option<&Value>) -> Self {
        if raw.is_some_and(uses_host_variable) { Self::Host } else { Self::File }
    }
}

impl ContainerEnvironment {
    /// Reads `containerEnv` and `remoteEnv`; `raw` is the document before substitution.
    pub(super) fn read(
        &mut self,
        fields: JsonFields<'_>,
        raw: JsonFields<'_>,
        plan: &mut DevcontainerPlan,
    ) -> Result<(), DevcontainerError> {
        for (key, scope) in
            [("containerEnv", VariableScope::Container), ("remoteEnv", VariableScope::Sessions)]
        {
            let written = raw.object(key)?;
            for (name, value) in without_nulls(fields, key)? {
                let origin = ValueOrigin::of(written.and_then(|it| it.get(&name)));
                let property = format!("{key}.{name}");
                self.add(WrittenVariable { property, name, value, scope, origin }, plan);
            }
        }
        Ok(())
    }

    /// Adds a variable; it replaces an earlier one of its name.
    pub(super) fn add(&mut self, variable: WrittenVariable, plan: &mut DevcontainerPlan) {
        let WrittenVariable { property, name, value, scope, origin } = variable;
        // Neither a Dockerfile nor the configuration of sshd can hold line breaks.
        let is_one_line = !value.chars().any(char::is_control);
        match (uses_container_variable(&value), origin) {
            (true, ValueOrigin::Host) => plan
                .left_out(property, "it combines variables of this machine and of the container"),
            (true, ValueOrigin::File) if is_one_line => {
                plan.satisfied(property, "all processes of the container have it");
                self.session.remove(&name);
                self.derived.push((name, value));
            }
            (true, ValueOrigin::File) => {
                plan.left_out(property, "it combines a variable of the container and a line break");
            }
            (false, ValueOrigin::File) if scope == VariableScope::Container && is_one_line => {
                self.session.remove(&name);
                self.image.insert(name, value);
            }
            (false, _) => drop(self.session.insert(name, value)),
        }
    }
}

/// Reads variables; `null` unsets a variable, so such entries are skipped.
fn without_nulls(
    fields: JsonFields<'_>,
    key: &str,
) -> Result<BTreeMap<String, String>, DevcontainerError> {
    let Some(object) = fields.object(key)? else { return Ok(BTreeMap::new()) };
    let kept = object.iter().filter(|(_, value)| !value.is_null());
    let kept: Map<String, Value> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
    let whole: Map<String, Value> = [(key.to_owned(), Value::Object(kept))].into_iter().collect();
    JsonFields(&whole).variables(key)
}
