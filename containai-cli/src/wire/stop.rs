//! What `cai stop` says.

use containai_core::lifecycle::{Halt, StopStep};

use containai::report::harmless;

/// The output of `cai stop --dry-run`.
pub(crate) fn plan(halts: &[Halt]) -> String {
    let lines: Vec<_> = halts.iter().flat_map(lines).collect();
    match lines.is_empty() {
        true => "nothing is to be done".to_owned(),
        false => lines.join("\n"),
    }
}

fn lines(halt: &Halt) -> Vec<String> {
    let name = harmless(&halt.container.name);
    halt.steps.iter().map(|step| line(&name, step)).collect()
}

fn line(container: &str, step: &StopStep) -> String {
    match step {
        StopStep::Settle { state } => format!("wait while {container} is {state}"),
        StopStep::Unpause => format!("wake {container}"),
        StopStep::Stop => format!("stop {container}"),
        StopStep::Export { file } => {
            format!(
                "export the data volume of {container} to `{}`",
                harmless(&file.to_string_lossy())
            )
        }
        StopStep::RemoveSuccessor { .. } => format!("remove the successor of {container}"),
        StopStep::Forget { name, port } => {
            format!("remove the OpenSSH configuration of {name} and the host key for port {port}")
        }
        StopStep::Remove => format!("remove {container}; its volumes stay"),
        step => format!("{step:?}"),
    }
}

/// What became of one container.
pub(crate) fn done(halt: &Halt) -> String {
    let name = &halt.container.name;
    match (halt.removes(), halt.steps.is_empty()) {
        (true, _) => format!("removed {name}; its volumes stay"),
        (false, true) => format!("{name} is not running"),
        (false, false) => format!("stopped {name}"),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Container, ContainerId, RunState};
    use containai_core::label;
    use containai_core::lifecycle::{Fate, Observed, plan_stop};

    use super::*;

    fn halts(state: RunState, fate: Fate) -> Vec<Halt> {
        let labels =
            [(label::MANAGED, "true"), (label::WORKSPACE, "/w"), (label::SSH_PORT, "2300")];
        let container = Container {
            id: ContainerId::new("id"),
            name: "api-main".into(),
            state,
            status: String::new(),
            image: "base".into(),
            labels: labels.into_iter().collect(),
        };
        let observed = Observed { containers: vec![container], ..Observed::default() };
        plan_stop(&observed, &[ContainerId::new("id")], fate, None).expect("it is ours")
    }

    #[test]
    fn plans_are_told_step_by_step() {
        insta::assert_snapshot!(plan(&halts(RunState::Paused, Fate::Removed)), @r"
        wake api-main
        stop api-main
        remove the OpenSSH configuration of api-main and the host key for port 2300
        remove api-main; its volumes stay
        ");
        assert_eq!(plan(&halts(RunState::Exited, Fate::Stopped)), "nothing is to be done");
    }

    #[test]
    fn the_end_is_told() {
        let told = |state, fate| done(&halts(state, fate)[0]);
        assert_eq!(told(RunState::Running, Fate::Stopped), "stopped api-main");
        assert_eq!(told(RunState::Exited, Fate::Stopped), "api-main is not running");
        assert_eq!(told(RunState::Exited, Fate::Removed), "removed api-main; its volumes stay");
    }
}
