use super::*;

fn line(words: &[&str], launch: LaunchMode) -> String {
    let line = Command::new(words).map(|command| command.with_launch(launch).line());
    line.map_or_else(|error| error.to_string(), |line| String::from_utf8_lossy(&line).into_owned())
}

#[test]
fn command_lines() {
    let words = ["A=x y", "cmd", "B=1", "it's"];
    insta::assert_snapshot!(line(&words, LaunchMode::Plain), @r"cd '/home/agent/workspace' && A='x y' 'cmd' 'B=1' 'it'\''s'");
    insta::assert_snapshot!(line(&words, LaunchMode::Login), @r"cd '/home/agent/workspace' && bash -lc 'A='\''x y'\'' '\''cmd'\'' '\''B=1'\'' '\''it'\'\\\'\''s'\'");
    insta::assert_snapshot!(line(&["A=1", "a"], LaunchMode::Detached), @r#"cd '/home/agent/workspace' && A='1' '/bin/sh' '-c' 'for program in systemd-cat "$1"; do command -v "$program" >/dev/null && case $program in */*) [ -f "$program" ] && [ -x "$program" ];; esac || { echo "sh: $program: not found" >&2; exit 127; }; done; exec setsid -f /bin/sh -c '\''echo $$; exec systemd-cat --identifier="$0" "$@"'\'' "$0" "$@" </dev/null' 'cai' 'a'"#);
    insta::assert_snapshot!(line(&["A=1"], LaunchMode::Plain), @"cd '/home/agent/workspace' && A='1'");
    insta::assert_snapshot!(line(&[], LaunchMode::Plain), @"no command given");
    insta::assert_snapshot!(line(&["a\0"], LaunchMode::Plain), @"an argument of the command contains a NUL byte");
}

#[test]
fn invalid_assignments_are_program_names() {
    insta::assert_snapshot!(line(&["1A=x"], LaunchMode::Plain), @"cd '/home/agent/workspace' && '1A=x'");
    insta::assert_snapshot!(line(&["=x"], LaunchMode::Plain), @"cd '/home/agent/workspace' && '=x'");
}

#[test]
fn a_shell_starts_in_the_given_directory() {
    let line = Command::shell().in_dir("/tmp/a b").line();
    insta::assert_snapshot!(String::from_utf8_lossy(&line), @r#"cd '/tmp/a b'; exec "$SHELL" -l"#);
}

#[test]
fn a_missing_directory_of_the_workspace_is_replaced_by_it() -> Result<(), CommandError> {
    let line = |command: Command| {
        String::from_utf8_lossy(&command.in_workspace_dir("src/a b").line()).into_owned()
    };
    insta::assert_snapshot!(line(Command::new(["make"])?), @r"cd '/home/agent/workspace/src/a b' 2>/dev/null || cd '/home/agent/workspace' && 'make'");
    insta::assert_snapshot!(line(Command::shell()), @r#"cd '/home/agent/workspace/src/a b' 2>/dev/null || cd '/home/agent/workspace'; exec "$SHELL" -l"#);
    Ok(())
}

#[test]
fn the_type_of_terminal_needs_no_server_support() -> Result<(), CommandError> {
    let command = Command::new(["a"])?;
    let Some(kitty) = TerminalType::parse("xterm-kitty") else { panic!("a valid name") };
    let command = command.with_terminal_type(kitty);
    let line = String::from_utf8_lossy(&command.line()).into_owned();
    insta::assert_snapshot!(line, @r#"exec /bin/sh -c 'eval "${CONTAINAI_ENV-:}"; unset CONTAINAI_ENV; exec "$0" -c "$1"' "$SHELL" 'cd '\''/home/agent/workspace'\'' && '\''a'\'"#);
    assert!(command.request_env().iter().any(|(name, _)| name.as_str() == ENV_PAYLOAD_VAR));
    Ok(())
}

#[test]
fn home_commands_do_not_change_directory() -> Result<(), CommandError> {
    let line = |command: Command| String::from_utf8_lossy(&command.in_home().line()).into_owned();
    insta::assert_snapshot!(line(Command::new(["A=1", "a b"])?), @"A='1' 'a b'");
    insta::assert_snapshot!(line(Command::shell()), @r#"exec "$SHELL" -l"#);
    Ok(())
}

#[test]
fn env_vars_are_sent_outside_the_command_line() -> Result<(), Box<dyn std::error::Error>> {
    let mut variables = EnvVars::default();
    variables.assign("TOKEN=se'cret", |_| None)?;
    let command = Command::new(["a"])?.env_vars(variables);
    let line = String::from_utf8_lossy(&command.line()).into_owned();
    insta::assert_snapshot!(line, @r#"exec /bin/sh -c '[ "${CONTAINAI_ENV+x}" ] || { printf '\''%s'\\'n'\'' '\''error: the SSH server does not accept environment variables: an older version created the container, or its configuration was changed'\'' '\''hint: run `cai stop --remove`, and the next session creates a new container; its volumes are kept'\'' >&2; exit 112; }; eval "$CONTAINAI_ENV"; unset CONTAINAI_ENV; exec "$0" -c "$1"' "$SHELL" 'cd '\''/home/agent/workspace'\'' && '\''a'\'"#);
    let sent: Vec<_> = command.request_env().into_iter().map(|(_, value)| value).collect();
    assert_eq!(sent, [r"export TOKEN='se'\''cret'"]);
    assert!(!line.contains("cret") && !format!("{command:?}").contains("cret"));
    Ok(())
}

#[test]
fn debug_hides_arguments() {
    let command = Command::new(["TOKEN=secret", "run", "secret"]);
    assert!(!format!("{command:?}").contains("secret"));
}

#[test]
fn error_messages() {
    let samples = containai_core::samples!(CommandError {
        Empty: [CommandError::Empty],
        Nul: [CommandError::Nul],
    });
    insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
}
