//! The program that runs lifecycle commands in the container.

use super::lifecycle::{Lifecycle, LifecycleCommand};
use crate::layout::CONTAINER_WORKSPACE;

/// The path of the program in an image.
pub const LIFECYCLE_PROGRAM: &str = "/usr/lib/containai/devcontainer";

/// The beginning of the script. Output goes to stderr, so that it never mixes with the output of a
/// session. The lock serializes concurrent sessions and is not inherited by commands.
const PRELUDE: &str = r#"#!/bin/sh
# Runs the lifecycle commands of devcontainer.json: creation commands once, start commands once per start.
exec </dev/null >&2
state=/var/lib/containai/devcontainer
started=/run/containai-devcontainer
exec 9>"$state/lock" && flock 9 || exit 1

as=agent
if [ -n "$user" ] && id -u -- "$user" >/dev/null 2>&1; then
    as=$user
fi
run() {
    if [ "$as" = "$(id -un)" ]; then
        "$@" 9>&-
    else
        sudo -n -E -H -u "$as" -- "$@" 9>&-
    fi
}
finish() {
    [ "$2" -eq 0 ] && return
    echo "devcontainer.json: $1 failed with status $2; the remaining commands are skipped" >&2
    exit "$2"
}
"#;

/// Returns the script that runs the lifecycle commands, as `user` if that user exists; `None`
/// without commands.
///
/// Commands run in the order of the specification. After a failure, the remaining commands are
/// skipped; the next session retries from the failed one.
///
/// Source: <https://containers.dev/implementors/json_reference/#lifecycle-scripts>.
pub fn lifecycle_script(lifecycle: &Lifecycle, user: Option<&str>) -> Option<String> {
    if lifecycle.is_empty() {
        return None;
    }
    let (shebang, head) = PRELUDE.split_once('\n')?;
    let mut script = format!(
        "{shebang}\nuser={}\n{head}cd {CONTAINER_WORKSPACE} || exit 1\n",
        shell_quote(user.unwrap_or_default())
    );
    for (key, commands) in lifecycle.phases() {
        if commands.is_empty() {
            continue;
        }
        let mark = match key {
            "postStartCommand" => Some("$started"),
            "postAttachCommand" => None,
            _ => Some("$state"),
        };
        let lines: String = commands.iter().map(|command| command_block(key, command)).collect();
        script.push_str(&match mark {
            Some(place) => format!(
                "\nif [ ! -e \"{place}/{key}\" ]; then\n    echo \"==> {key}\"\n{lines}    : > \"{place}/{key}\"\nfi\n"
            ),
            None => format!("\n{lines}"),
        });
    }
    Some(script)
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
        LifecycleCommand::Shell(line) => format!("run /bin/sh -c {}", shell_quote(line)),
        LifecycleCommand::Exec(words) => {
            let words: Vec<_> = words.iter().map(|word| shell_quote(word)).collect();
            format!("run {}", words.join(" "))
        }
        // Parallel commands are never nested.
        LifecycleCommand::Parallel(_) => ":".to_owned(),
    }
}

/// Quotes a word for a shell.
pub(super) fn shell_quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_and_in_order() {
        let lifecycle = Lifecycle {
            on_create: vec![LifecycleCommand::Exec(vec!["a b".into(), "it's".into()])],
            post_create: vec![LifecycleCommand::Parallel(vec![
                ("x".into(), LifecycleCommand::Shell("echo $HOME; exit 3".into())),
                ("y".into(), LifecycleCommand::Exec(vec!["y".into()])),
            ])],
            post_start: vec![LifecycleCommand::Shell("s".into())],
            post_attach: vec![LifecycleCommand::Shell("t\nu".into())],
            ..Lifecycle::default()
        };
        insta::assert_snapshot!(lifecycle_script(&lifecycle, Some("o'x")).expect("some"));
        assert_eq!(lifecycle_script(&Lifecycle::default(), None), None);
    }
}
