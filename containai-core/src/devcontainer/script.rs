//! The program that runs lifecycle commands in the container.

use super::container_variable::shell_word;
use super::lifecycle::{Lifecycle, LifecycleCommand, StartWait};
use crate::layout::CONTAINER_WORKSPACE;
use crate::shell_word::shell_quote;

/// The path of the program in an image.
pub const LIFECYCLE_PROGRAM: &str = "/usr/lib/containai/devcontainer";

/// The time that a session waits for commands that may be servers, in seconds.
const START_SECONDS: u32 = 10;
const ATTACH_SECONDS: u32 = 2;

/// The beginning of the script. Output goes to stderr, so that it never mixes with the output of a
/// session. The lock serializes concurrent sessions and is not inherited by commands.
const PRELUDE: &str = r#"#!/bin/sh
# Runs the lifecycle commands of devcontainer.json: creation commands once, start commands once per start.
exec </dev/null >&2
state=/var/lib/containai/devcontainer
started=/run/containai-devcontainer
exec 9>"$state/lock" && flock 9 || exit 1

as=agent
if [ -n "$user" ] && id=$(id -u -- "$user" 2>/dev/null); then
    [ "$id" = "$(id -u)" ] || as=$user
elif [ -n "$user" ] && [ ! -e "$state/user" ]; then
    echo "devcontainer.json: the image has no user '$user': commands run as 'agent'"
    : > "$state/user"
fi
cd -- "$folder" 2>/dev/null || {
    echo "devcontainer.json: there is no folder '$folder' in the container: commands run in '$workspace'"
    cd -- "$workspace" || exit 1
}
run() {
    if [ "$as" = agent ]; then
        "$@" 9>&-
    else
        sudo -n -E -H -u "$as" -- env "PATH=$PATH" "$@" 9>&-
    fi
}
finish() {
    [ "$2" -eq 0 ] && return
    echo "devcontainer.json: $1 failed with status $2; the remaining commands are skipped" >&2
    exit "$2"
}
# Runs a function in the background and shows its output for a while, because a command may be a server. Its processes
# hold the lock: while one of them runs, it is not started again.
background() {
    log=$started/$1.log
    exec 8>"$started/$1.lock"
    flock -n 8 || return 0
    : > "$log"
    (exec 9>&-; "$1") > "$log" 2>&1 &
    job=$!
    exec 8>&-
    timeout "$2" tail -n +1 -s 0.1 -f --pid="$job" -- "$log" 9>&- || :
    if kill -0 "$job" 2>/dev/null; then
        echo "devcontainer.json: $1 continues in the background; its output is in $log"
    else
        wait "$job" || exit
    fi
}
"#;

/// The part of the script that starts Compose services, which the commands may use.
const SERVICES: &str = r#"
if [ ! -e "$started/dockerComposeFile" ]; then
    echo "==> dockerComposeFile"
    sudo -n -E /usr/lib/containai/compose up 9>&-
    finish dockerComposeFile $?
    : > "$started/dockerComposeFile"
fi
"#;

/// Returns the script that runs the lifecycle commands in `folder`, as `user` if that user exists;
/// `None` without commands.
///
/// Commands run in the order of the specification. After a failure, the remaining commands are
/// skipped; the next session retries from the failed one. Commands of attaching, and those of
/// starting unless sessions wait for them, continue in the background.
///
/// Source: <https://containers.dev/implementors/json_reference/#lifecycle-scripts>.
pub fn lifecycle_script(lifecycle: &Lifecycle, user: Option<&str>, folder: &str) -> Option<String> {
    if lifecycle.is_empty() {
        return None;
    }
    let (shebang, head) = PRELUDE.split_once('\n')?;
    let mut script = format!(
        "{shebang}\nuser={}\nfolder={}\nworkspace={CONTAINER_WORKSPACE}\n{head}",
        shell_quote(user.unwrap_or_default()),
        shell_quote(folder)
    );
    if lifecycle.services.is_some() {
        script.push_str(SERVICES);
    }
    for (key, commands) in lifecycle.phases() {
        if commands.is_empty() {
            continue;
        }
        let lines: String = commands.iter().map(|command| command_block(key, command)).collect();
        script.push_str(&phase(key, &lines, lifecycle.start_wait));
    }
    Some(script)
}

/// Returns the part of the script for the commands of a key.
fn phase(key: &str, lines: &str, start_wait: StartWait) -> String {
    let function = |body: &str| format!("\n{key}() (\n    echo \"==> {key}\"\n{body})\n");
    match (key, start_wait) {
        ("postAttachCommand", _) => {
            format!("{}background {key} {ATTACH_SECONDS}\n", function(lines))
        }
        ("postStartCommand", StartWait::Brief) => {
            let mark = format!("\"$started/{key}\"");
            format!(
                "{}[ -e {mark} ] || background {key} {START_SECONDS}\n",
                function(&format!("{lines}    : > {mark}\n"))
            )
        }
        (key, _) => {
            let place = if key == "postStartCommand" { "$started" } else { "$state" };
            format!(
                "\nif [ ! -e \"{place}/{key}\" ]; then\n    echo \"==> {key}\"\n{lines}    : > \"{place}/{key}\"\nfi\n"
            )
        }
    }
}

fn command_block(key: &str, command: &LifecycleCommand) -> String {
    match command {
        LifecycleCommand::Parallel(commands) => {
            let begun: String = commands
                .iter()
                .map(|(_, command)| {
                    format!("    {} &\n    all=\"$all $!\"\n", command_line(command))
                })
                .collect();
            format!(
                "    all= worst=0\n{begun}    for one in $all; do wait \"$one\" || worst=$?; done\n    finish {key} \"$worst\"\n"
            )
        }
        command => format!("    {}\n    finish {key} $?\n", command_line(command)),
    }
}

fn command_line(command: &LifecycleCommand) -> String {
    match command {
        LifecycleCommand::Shell(line) => format!("run /bin/sh -c {}", shell_word(line)),
        LifecycleCommand::Exec(words) => {
            let words: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
            format!("run {}", words.join(" "))
        }
        // Parallel commands are never nested.
        LifecycleCommand::Parallel(_) => ":".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_and_in_order() {
        let lifecycle = Lifecycle {
            services: Some("not part of the script".into()),
            on_create: vec![LifecycleCommand::Exec(vec!["a b".into(), "it's".into()])],
            post_create: vec![LifecycleCommand::Parallel(vec![
                ("x".into(), LifecycleCommand::Shell("echo $HOME; exit 3".into())),
                ("y".into(), LifecycleCommand::Exec(vec!["y".into()])),
            ])],
            post_start: vec![LifecycleCommand::Shell("s".into())],
            post_attach: vec![LifecycleCommand::Shell("t\nu ${containerEnv:HOME}".into())],
            ..Lifecycle::default()
        };
        insta::assert_snapshot!(lifecycle_script(&lifecycle, Some("o'x"), "/w").expect("some"));
        assert_eq!(lifecycle_script(&Lifecycle::default(), None, "/w"), None);
    }
}
