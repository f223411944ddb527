//! The options of `docker run`, each with its treatment.
//!
//! Source: <https://docs.docker.com/reference/cli/docker/container/run/>.

use super::super::keys::{CAPABILITIES, DEVICES, GPU, INIT};

/// An option of `docker run`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RunOption {
    /// The long name.
    pub(super) name: &'static str,
    /// Whether it has a value.
    pub(super) value: RunArgValue,
    /// Its treatment.
    pub(super) rule: OptionRule,
}

/// Whether an option has a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RunArgValue {
    /// The next word, unless it follows `=`.
    Required,
    /// None, or a boolean after `=`.
    Switch,
}

/// The treatment of an option.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OptionRule {
    /// Follows it; see [`translate`](super::translate).
    Translate,
    /// Satisfies it without further ado.
    Satisfied(&'static str),
    /// Leaves it out.
    LeftOut(&'static str),
    /// Creates no container.
    Refused(&'static str),
    /// Neither: it describes how `docker run` itself behaves.
    Silent,
}

/// The reason why limits are left out.
const LIMITS: &str = "limits are set with `--memory`, `--cpus` and `cai resources`";
/// The reason why names are left out.
const NAMES: &str = "`cai` derives the container's names from the workspace: use `--container`";
/// The reason why health checks and restarts are left out.
const SERVICE: &str = "`cai` starts and stops the container";
/// The reason why settings of the network are left out.
const NETWORK: &str = "a container has a network of its own";
/// The reason why settings of the kernel are left out.
const KERNEL: &str = "the isolation of the container sets it";

/// The reason why other containers are refused.
const OTHERS: &str = "the engine of `cai` has no other containers: run them in the Docker inside";

/// The options, by their long name.
const OPTIONS: &[(&str, RunArgValue, OptionRule)] = {
    use OptionRule::{LeftOut, Refused, Satisfied, Silent, Translate};
    use RunArgValue::{Required, Switch};
    &[
        ("--add-host", Required, Translate),
        ("--annotation", Required, Silent),
        ("--attach", Required, Silent),
        ("--blkio-weight", Required, LeftOut(LIMITS)),
        ("--cap-add", Required, Satisfied(CAPABILITIES)),
        ("--cap-drop", Required, LeftOut(CAPABILITIES)),
        ("--cgroup-parent", Required, LeftOut(KERNEL)),
        ("--cgroupns", Required, Satisfied("a container has a control group namespace of its own")),
        ("--cidfile", Required, Refused("`cai` keeps no such file")),
        ("--cpu-period", Required, LeftOut(LIMITS)),
        ("--cpu-quota", Required, LeftOut(LIMITS)),
        ("--cpu-shares", Required, LeftOut(LIMITS)),
        ("--cpus", Required, LeftOut(LIMITS)),
        ("--cpuset-cpus", Required, LeftOut(LIMITS)),
        ("--cpuset-mems", Required, LeftOut(LIMITS)),
        ("--detach", Switch, Silent),
        ("--detach-keys", Required, Silent),
        ("--device", Required, LeftOut(DEVICES)),
        ("--device-cgroup-rule", Required, LeftOut(DEVICES)),
        ("--dns", Required, LeftOut(NETWORK)),
        ("--dns-option", Required, LeftOut(NETWORK)),
        ("--dns-search", Required, LeftOut(NETWORK)),
        ("--domainname", Required, LeftOut(NAMES)),
        ("--entrypoint", Required, LeftOut(INIT)),
        ("--env", Required, Translate),
        ("--env-file", Required, Translate),
        ("--expose", Required, Silent),
        ("--gpus", Required, LeftOut(GPU)),
        ("--group-add", Required, LeftOut("sessions belong to `agent`, which may use `sudo`")),
        ("--health-cmd", Required, LeftOut(SERVICE)),
        ("--health-interval", Required, LeftOut(SERVICE)),
        ("--health-retries", Required, LeftOut(SERVICE)),
        ("--health-start-period", Required, LeftOut(SERVICE)),
        ("--health-timeout", Required, LeftOut(SERVICE)),
        ("--hostname", Required, LeftOut(NAMES)),
        ("--init", Switch, Satisfied(INIT)),
        ("--interactive", Switch, Silent),
        ("--ip", Required, LeftOut(NETWORK)),
        ("--ip6", Required, LeftOut(NETWORK)),
        ("--ipc", Required, LeftOut("a container has shared memory of its own")),
        ("--isolation", Required, LeftOut(KERNEL)),
        ("--label", Required, LeftOut("labels identify the containers of `cai`")),
        ("--label-file", Required, LeftOut("labels identify the containers of `cai`")),
        ("--link", Required, Refused(OTHERS)),
        ("--log-driver", Required, Silent),
        ("--log-opt", Required, Silent),
        ("--mac-address", Required, LeftOut(NETWORK)),
        ("--memory", Required, LeftOut(LIMITS)),
        ("--memory-reservation", Required, LeftOut(LIMITS)),
        ("--memory-swap", Required, LeftOut(LIMITS)),
        ("--memory-swappiness", Required, LeftOut(LIMITS)),
        ("--mount", Required, Translate),
        ("--name", Required, LeftOut(NAMES)),
        ("--network", Required, Translate),
        ("--network-alias", Required, LeftOut(NETWORK)),
        ("--no-healthcheck", Switch, Silent),
        ("--oom-kill-disable", Switch, LeftOut(KERNEL)),
        ("--oom-score-adj", Required, LeftOut(KERNEL)),
        ("--pid", Required, Refused("a container sees its own processes only")),
        ("--pids-limit", Required, LeftOut(LIMITS)),
        ("--platform", Required, LeftOut("images are pulled for the architecture of the engine")),
        ("--privileged", Switch, Satisfied(CAPABILITIES)),
        ("--publish", Required, Translate),
        ("--publish-all", Switch, LeftOut("name the ports in `forwardPorts`")),
        ("--pull", Required, Silent),
        ("--quiet", Switch, Silent),
        ("--read-only", Switch, LeftOut("the file system of a container is writable")),
        ("--restart", Required, LeftOut(SERVICE)),
        ("--rm", Switch, LeftOut("a container is kept until `cai stop --remove`")),
        ("--runtime", Required, LeftOut(KERNEL)),
        ("--security-opt", Required, Translate),
        ("--shm-size", Required, Satisfied("the container's memory limit applies to `/dev/shm`")),
        ("--sig-proxy", Switch, Silent),
        ("--stop-signal", Required, LeftOut(INIT)),
        ("--stop-timeout", Required, LeftOut(SERVICE)),
        ("--sysctl", Required, LeftOut("set it inside with `sudo sysctl`")),
        ("--tmpfs", Required, LeftOut("the directory is part of the container")),
        ("--tty", Switch, Silent),
        ("--ulimit", Required, LeftOut("set it inside with `sudo prlimit`")),
        ("--user", Required, Translate),
        ("--userns", Required, Satisfied("every container has a user namespace of its own")),
        ("--uts", Required, LeftOut(NAMES)),
        ("--volume", Required, Translate),
        ("--volume-driver", Required, Refused("volumes are those of the engine of `cai`")),
        ("--volumes-from", Required, Refused(OTHERS)),
        ("--workdir", Required, LeftOut("sessions begin in the workspace: use `workspaceFolder`")),
    ]
};

/// Short and alternative names.
const ALIASES: [(&str, &str); 18] = [
    ("--dns-opt", "--dns-option"),
    ("--net", "--network"),
    ("--net-alias", "--network-alias"),
    ("-P", "--publish-all"),
    ("-a", "--attach"),
    ("-c", "--cpu-shares"),
    ("-d", "--detach"),
    ("-e", "--env"),
    ("-h", "--hostname"),
    ("-i", "--interactive"),
    ("-l", "--label"),
    ("-m", "--memory"),
    ("-p", "--publish"),
    ("-q", "--quiet"),
    ("-t", "--tty"),
    ("-u", "--user"),
    ("-v", "--volume"),
    ("-w", "--workdir"),
];

/// Finds an option by one of its names, such as `--env` or `-e`.
pub(super) fn find_option(name: &str) -> Option<RunOption> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, long)| long);
    let (name, value, rule) = OPTIONS.iter().find(|(long, _, _)| *long == name).copied()?;
    Some(RunOption { name, value, rule })
}
