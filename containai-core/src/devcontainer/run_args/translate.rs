//! The treatment of the arguments of `docker run`.

use super::super::environment::{
    ContainerEnvironment, ValueOrigin, VariableScope, WrittenVariable,
};
use super::super::keys::CAPABILITIES;
use super::super::mount::RequestedMount;
use super::super::mount_reader::MountReader;
use super::super::path::resolve_in_workspace;
use super::super::plan::DevcontainerPlan;
use super::argument::{RunArgument, RunArguments};
use super::table::{OptionRule, find_option};
use crate::naming::{EnvName, HostEntry};

/// The parts of the arguments that a container gets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in super::super) struct TranslatedArguments {
    /// `--add-host`.
    pub(in super::super) hosts: Vec<HostEntry>,
    /// `--env-file`, relative to the workspace.
    pub(in super::super) env_files: Vec<String>,
    /// `--mount` and `--volume`.
    pub(in super::super) mounts: Vec<RequestedMount>,
    /// `--publish`.
    pub(in super::super) published: Vec<String>,
    /// `--user`, without its group.
    pub(in super::super) user: Option<String>,
    /// The variables that `--env` takes from the host.
    pub(in super::super) host_variables: Vec<String>,
}

/// The surroundings of the arguments.
pub(in super::super) struct ArgumentContext<'a> {
    /// The arguments before substitution.
    pub(in super::super) raw: &'a RunArguments,
    /// Looks up host variables.
    pub(in super::super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The reader of mounts.
    pub(in super::super) mounts: MountReader<'a>,
    /// The variables that `--env` adds to.
    pub(in super::super) environment: &'a mut ContainerEnvironment,
    /// The plan.
    pub(in super::super) plan: &'a mut DevcontainerPlan,
}

/// Translates the arguments, and adds what is satisfied, left out or refused to the plan.
pub(in super::super) fn translate(
    arguments: &RunArguments,
    context: &mut ArgumentContext<'_>,
) -> TranslatedArguments {
    let mut translated = TranslatedArguments::default();
    for (number, argument) in arguments.0.iter().enumerate() {
        let property = match argument.value.as_str() {
            "" => format!("runArgs {}", argument.name),
            value if argument.name == "--env" => {
                format!("runArgs --env {}", value.split('=').next().unwrap_or_default())
            }
            value => format!("runArgs {} {value}", argument.name),
        };
        match find_option(&argument.name).map(|option| option.rule) {
            None => context.plan.refused(property, "the argument is not known"),
            Some(OptionRule::Silent) => {}
            Some(OptionRule::Satisfied(_) | OptionRule::LeftOut(_)) if is_off(argument) => {}
            Some(OptionRule::Satisfied(reason)) => context.plan.satisfied(property, reason),
            Some(OptionRule::LeftOut(reason)) => context.plan.left_out(property, reason),
            Some(OptionRule::Refused(reason)) => context.plan.refused(property, reason),
            Some(OptionRule::Translate) => {
                let origin = context.origin(number, argument);
                translated.follow(argument, property, origin, context);
            }
        }
    }
    translated
}

/// Whether a switch is off, as in `--privileged=false`.
fn is_off(argument: &RunArgument) -> bool {
    argument.value == "false"
}

impl ArgumentContext<'_> {
    /// Returns the origin of an argument: words that are equal before and after substitution come
    /// from the file.
    fn origin(&self, number: usize, argument: &RunArgument) -> ValueOrigin {
        match self.raw.0.get(number) {
            Some(raw) if raw == argument => ValueOrigin::File,
            Some(raw) => ValueOrigin::of(Some(&raw.value.as_str().into())),
            None => ValueOrigin::Host,
        }
    }
}

impl TranslatedArguments {
    fn follow(
        &mut self,
        argument: &RunArgument,
        property: String,
        origin: ValueOrigin,
        context: &mut ArgumentContext<'_>,
    ) {
        let value = argument.value.as_str();
        match argument.name.as_str() {
            "--add-host" => match HostEntry::parse(value) {
                Some(entry) => self.hosts.push(entry),
                None => context.plan.refused(property, "it is not a name and an IP address"),
            },
            "--env" => self.add_variable(value, property, origin, context),
            "--env-file" => {
                match resolve_in_workspace("", value, "runArgs --env-file") {
                    Ok(path) => self.env_files.push(path),
                    Err(_) => context.plan.refused(property, "the file is outside the workspace"),
                };
            }
            "--mount" => {
                self.mounts.extend(context.mounts.read_mount(
                    "runArgs --mount",
                    value,
                    context.plan,
                ));
            }
            "--network" => plan_network(value, property, context.plan),
            "--publish" => self.published.push(value.to_owned()),
            "--security-opt" => plan_security(value, property, context.plan),
            "--user" => {
                self.user = value.split(':').next().map(str::to_owned);
            }
            "--volume" => {
                let mount = context.mounts.read_volume("runArgs --volume", value, context.plan);
                self.mounts.extend(mount);
            }
            _ => context.plan.refused(property, "the argument is not known"),
        }
    }

    /// Adds `NAME=VALUE`, or `NAME` with the value of this machine.
    fn add_variable(
        &mut self,
        text: &str,
        property: String,
        origin: ValueOrigin,
        context: &mut ArgumentContext<'_>,
    ) {
        let (name, value, origin) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned()), origin),
            None => {
                self.host_variables.push(text.to_owned());
                (text, (context.variable)(text), ValueOrigin::Host)
            }
        };
        if EnvName::parse(name).is_err() {
            context.plan.left_out(property, "it is not the name of a variable");
            return;
        }
        let (name, scope) = (name.to_owned(), VariableScope::Container);
        if let Some(value) = value {
            let variable = WrittenVariable { property, name, value, scope, origin };
            context.environment.add(variable, context.plan);
        }
    }
}

fn plan_network(value: &str, property: String, plan: &mut DevcontainerPlan) {
    match value {
        "bridge" | "default" => plan.satisfied(property, "every container has a network of its own"),
        "host" => plan.left_out(
            property,
            "a container has a network of its own: name its ports in `forwardPorts`, and lead to ports of this machine with `cai forward -R`",
        ),
        "none" => plan.refused(property, "a container needs its network"),
        _ => plan.refused(property, "a container is in no other network than its own"),
    }
}

fn plan_security(value: &str, property: String, plan: &mut DevcontainerPlan) {
    match value.split(['=', ':']).next().unwrap_or_default() {
        "seccomp" | "apparmor" | "label" | "systempaths" | "writable-cgroups" => {
            plan.satisfied(property, CAPABILITIES);
        }
        "no-new-privileges" => plan.left_out(property, "`agent` may use `sudo` inside"),
        _ => plan.refused(property, "the option is not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::workspace_folder::WorkspaceFolder;
    use super::*;

    #[test]
    fn each_argument_is_followed_satisfied_left_out_or_refused() {
        let words = |words: &[&str]| {
            RunArguments::parse(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        let check = |list: &[&str]| {
            let (mut environment, mut plan) =
                (ContainerEnvironment::default(), DevcontainerPlan::default());
            let folder = WorkspaceFolder::default();
            let arguments = words(list);
            let mut context = ArgumentContext {
                raw: &arguments,
                variable: &|name| (name == "TOKEN").then(|| "hush".to_owned()),
                mounts: MountReader { folder: &folder, local: "/src/api", base: "" },
                environment: &mut environment,
                plan: &mut plan,
            };
            let translated = translate(&arguments, &mut context);
            let lines: Vec<_> = plan.entries().iter().map(ToString::to_string).collect();
            format!("{list:?}\n{translated:?}\n{environment:?}\n{}\n", lines.join("\n"))
        };
        let all = [
            check(&[
                "--cap-add=SYS_PTRACE",
                "--security-opt",
                "seccomp=unconfined",
                "--privileged=false",
                "--init",
            ]),
            check(&[
                "-e",
                "A=1",
                "--env",
                "TOKEN",
                "-eABSENT",
                "--env=B=${containerEnv:PATH}:/x",
                "-e",
                "1=2",
            ]),
            check(&["--env-file", ".devcontainer/.env", "--env-file=../x"]),
            check(&["--add-host=db:10.0.0.1", "--add-host", "db:x"]),
            check(&[
                "-v",
                "cache:/cache",
                "-v/srv:/srv:ro",
                "--mount",
                "type=bind,source=/a,target=/b",
            ]),
            check(&["-p", "8080:80", "-u", "root:root", "--name=x", "--hostname", "y"]),
            check(&["--network=host", "--network", "mine", "--net=bridge", "--gpus", "all"]),
            check(&["--pid=host", "--link=x", "--security-opt=no-new-privileges:true"]),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }
}
