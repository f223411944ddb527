//! What `cai stop` says.

use containai_core::lifecycle::{StopPlan, StopStep};

use containai::report::escape_control;

/// The output of `cai stop --dry-run`.
pub(crate) fn plan(halts: &[StopPlan]) -> String {
    let lines: Vec<_> = halts.iter().flat_map(lines).collect();
    match lines.is_empty() {
        true => "nothing is to be done".to_owned(),
        false => lines.join("\n"),
    }
}

fn lines(halt: &StopPlan) -> Vec<String> {
    let name = escape_control(&halt.container.name);
    halt.steps.iter().map(|step| line(&name, step)).collect()
}

fn line(container: &str, step: &StopStep) -> String {
    match step {
        StopStep::WaitTransition { state } => format!("wait while {container} is {state}"),
        StopStep::Unpause => format!("wake {container}"),
        StopStep::Stop => format!("stop {container}"),
        StopStep::Export { file } => {
            format!(
                "export the data volume of {container} to `{}`",
                escape_control(&file.to_string_lossy())
            )
        }
        StopStep::RemoveReplacement { .. } => format!("remove the successor of {container}"),
        StopStep::Unregister { name, port } => {
            format!("remove the OpenSSH configuration of {name} and the host key for port {port}")
        }
        StopStep::Remove => format!("remove {container}; its volumes stay"),
        step => format!("{step:?}"),
    }
}

/// What became of one container.
pub(crate) fn done(halt: &StopPlan) -> String {
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
    use containai_core::lifecycle::{Observed, StopMode, plan_stop};

    use super::*;

    fn halts(state: RunState, fate: StopMode) -> Vec<StopPlan> {
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
    fn plans_are_listed_step_by_step() {
        insta::assert_snapshot!(plan(&halts(RunState::Paused, StopMode::Remove)), @r"
        wake api-main
        stop api-main
        remove the OpenSSH configuration of api-main and the host key for port 2300
        remove api-main; its volumes stay
        ");
        assert_eq!(plan(&halts(RunState::Exited, StopMode::Stop)), "nothing is to be done");
    }

    #[test]
    fn outcome_is_reported() {
        let told = |state, fate| done(&halts(state, fate)[0]);
        assert_eq!(told(RunState::Running, StopMode::Stop), "stopped api-main");
        assert_eq!(told(RunState::Exited, StopMode::Stop), "api-main is not running");
        assert_eq!(told(RunState::Exited, StopMode::Remove), "removed api-main; its volumes stay");
    }
}
