//! Questions that an agent answers without a terminal.

use std::ffi::OsString;
use std::fs;

use containai_core::config::AgentMode;
use containai_core::engine::{Engine as _, Lifetime};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::manifest::{Agent, AgentPrompt};
use containai_core::naming::WorkspacePath;
use containai_core::time_limit::TimeLimit;
use tempfile::TempDir;

use super::SessionRequest;
use crate::enclosing_workspace;
use crate::error::{OperationError, ResultExt as _};
use crate::git;
use crate::workspace::WorkspaceRef;

/// Whether a question continues a conversation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum QuestionContext {
    /// It starts a conversation.
    #[default]
    New,
    /// It continues the latest conversation in the workspace.
    Latest,
}

/// A question to an agent.
#[derive(Clone, Debug)]
pub struct AgentQuestion {
    /// The text.
    pub text: String,
    /// The output format; `None` is the agent's own.
    pub format: Option<String>,
    /// The conversation. Default: a new one.
    pub context: QuestionContext,
}

impl AgentQuestion {
    /// Returns the arguments with which the agent answers; `own` are the user's.
    pub(super) fn arguments(
        &self,
        name: &str,
        agent: Option<&Agent>,
        mode: AgentMode,
        own: Vec<OsString>,
    ) -> Result<Vec<OsString>, OperationError> {
        let Some(prompt) = agent.and_then(|agent| agent.prompt.as_ref()) else {
            let hint = "add a section `[agent.prompt]` to its manifest, or pass the agent's own arguments after `--`";
            let message = format!("it is not known how `{name}` answers without a terminal");
            return Err(OperationError::usage(message).hint(Hint::new(hint)));
        };
        let resume: &[String] = match self.context {
            QuestionContext::New => &[],
            QuestionContext::Latest if prompt.resume.is_empty() => {
                let message = format!("`{name}` cannot continue a conversation without a terminal");
                return Err(OperationError::usage(message).hint(Hint::new("omit `--continue`")));
            }
            QuestionContext::Latest => &prompt.resume,
        };
        let permissions: &[String] = match mode {
            AgentMode::Auto => &prompt.permissions,
            AgentMode::Ask => &[],
        };
        let words =
            [prompt.arguments.as_slice(), resume, permissions, self.format_words(name, prompt)?];
        let words = words.into_iter().flatten().map(OsString::from);
        let question = prompt.question(&self.text).into_iter().map(OsString::from);
        Ok(words.chain(own).chain(question).collect())
    }

    fn format_words<'a>(
        &self,
        name: &str,
        prompt: &'a AgentPrompt,
    ) -> Result<&'a [String], OperationError> {
        let Some(format) = &self.format else {
            return Ok(prompt.formats.get("text").map(Vec::as_slice).unwrap_or_default());
        };
        prompt.formats.get(format).map(Vec::as_slice).ok_or_else(|| {
            let known: Vec<_> = prompt.formats.keys().map(String::as_str).collect();
            let hint = match known.as_slice() {
                [] => "omit `--output`".to_owned(),
                known => format!("use one of `{}`", known.join("`, `")),
            };
            let message = format!("`{name}` has no output format `{}`", format.escape_debug());
            OperationError::usage(message).hint(Hint::new(hint))
        })
    }
}

/// Encloses the command line of an agent that works without a terminal: it is not started without a
/// login, and it is ended after its time limit as timeout(1) does.
pub(super) fn enclose(
    name: &str,
    agent: Option<&Agent>,
    limit: Option<TimeLimit>,
    words: Vec<OsString>,
) -> Vec<OsString> {
    let login = agent.and_then(|agent| agent.login_state.as_ref()).map(|state| {
        let key = state.variables.first().map(|key| format!(", or pass a key: `-e {key}`"));
        let hint = format!("run `cai login {name}`{}", key.unwrap_or_default());
        let status = exit::NOT_LOGGED_IN;
        format!(
            "{} || {{ printf '%s\\n' 'error: `{name}` is not logged in in this container' 'hint: {hint}' >&2; exit {status}; }}\n",
            state.shell_test(name),
        )
    });
    let run = limit.map(|limit| limit_script(name, limit.seconds()));
    let script = match (login, run) {
        (None, None) => return words,
        (login, run) => {
            login.unwrap_or_default() + &run.unwrap_or_else(|| "exec \"$@\"\n".to_owned())
        }
    };
    ["sh", "-c", &script, "sh"].map(OsString::from).into_iter().chain(words).collect()
}

/// timeout(1) starts a group of processes, to which the server sends no signals, so they are passed
/// on. A shell gives `/dev/null` to what it starts in the background, so the input is passed on, too.
/// When even SIGTERM did not end the agent, timeout(1) reports SIGKILL.
fn limit_script(name: &str, seconds: u64) -> String {
    let status = exit::TIMED_OUT;
    format!(
        "start=$(date +%s)\n\
         exec 3<&0\n\
         timeout -k 10 {seconds} \"$@\" <&3 3<&- & child=$!\n\
         exec 3<&-\n\
         for signal in INT TERM HUP; do trap \"kill -$signal $child 2>/dev/null\" $signal; done\n\
         while :; do wait $child; status=$?; kill -0 $child 2>/dev/null || break; done\n\
         if [ $(($(date +%s) - start)) -ge {seconds} ]; then\n\
         case $status in {status} | 137) echo 'error: `{name}` was ended after {seconds} s' >&2; exit {status} ;; esac\n\
         fi\n\
         exit $status\n"
    )
}

/// Gives a question outside of repositories and known workspaces an empty workspace, which exists as
/// long as the returned value, and an ephemeral container.
pub(super) async fn use_empty_workspace(
    request: &mut SessionRequest,
) -> crate::Result<Option<TempDir>> {
    let WorkspaceRef::Implicit(path) = request.workspace_ref.clone() else { return Ok(None) };
    if request.options.name.is_some() || git::top_level(path.as_path()).is_some() {
        return Ok(None);
    }
    let context = &request.context;
    let known = match context.engine() {
        Ok(engine) => engine.containers().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let serves = known.iter().any(|container| container.serves(&path));
    if serves || enclosing_workspace::find(&request.workspace_ref, &known, context).is_some() {
        return Ok(None);
    }
    let parent = context.env.layout.question_dir();
    let cannot = || format!("cannot create a directory in `{}`", parent.display());
    fs::create_dir_all(&parent).with_context(cannot)?;
    let directory = tempfile::Builder::new().prefix("question-").tempdir_in(&parent);
    let directory = directory.with_context(cannot)?;
    let real = directory.path().canonicalize().with_context(cannot)?;
    let workspace =
        WorkspacePath::new(&real).map_err(|error| OperationError::usage(error.to_string()))?;
    context.reporter.say("no repository here: the agent gets an empty workspace, which is removed when it has answered");
    request.change_workspace(workspace)?;
    request.options.lifetime = Lifetime::Session;
    Ok(Some(directory))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use containai_core::manifest::{AgentLoginState, shipped_agents};

    use super::*;

    fn shipped(name: &str) -> Option<Agent> {
        shipped_agents().into_iter().find(|agent| agent.name == name)
    }

    fn line(name: &str, question: &AgentQuestion, mode: AgentMode) -> String {
        let own = vec![OsString::from("--own")];
        match question.arguments(name, shipped(name).as_ref(), mode, own) {
            Ok(words) => words.join(" ".as_ref()).to_string_lossy().into_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_agent_has_its_own_arguments() {
        let question = AgentQuestion {
            text: "-a question".into(),
            format: Some("json".into()),
            context: QuestionContext::Latest,
        };
        let check = |name: &str, expected: &str| {
            assert_eq!(line(name, &question, AgentMode::Auto), expected, "{name}");
        };
        check("claude", "-p --continue --output-format json --own -- -a question");
        check("codex", "exec --skip-git-repo-check resume --last --json --own -- -a question");
        check("gemini", "--resume latest --output-format json --own --prompt=-a question");
        check(
            "copilot",
            "--no-ask-user --continue --output-format json --own --prompt=-a question",
        );
        check("opencode", "run --continue --auto --format json --own -- -a question");
        check("pi", "-p --continue --mode json --own -- -a question");
        check("kimi", "`kimi` has no output format `json`");
        let asks = line("opencode", &question, AgentMode::Ask);
        assert!(!asks.contains("--auto"), "{asks}");
        let odd = AgentQuestion { format: Some("xml".into()), ..question };
        assert_eq!(line("claude", &odd, AgentMode::Auto), "`claude` has no output format `xml`");
    }

    /// Runs a command line with this input, as the container does.
    fn run(words: &[OsString], input: &str) -> (Option<i32>, String, String) {
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    #[test]
    fn an_agent_without_login_is_not_started() {
        let agent = shipped("claude");
        let line = enclose("claude", agent.as_ref(), None, words(&["echo", "started"]));
        let (status, stdout, stderr) = run(&line, "");
        assert_eq!(
            (status, stdout.as_str()),
            (Some(i32::from(exit::NOT_LOGGED_IN)), ""),
            "{stderr}"
        );
        assert!(stderr.contains("hint: run `cai login claude`, or pass a key"), "{stderr}");
        let path = Some(AgentLoginState { variables: vec!["PATH".into()], ..Default::default() });
        let logged_in = agent.map(|agent| Agent { login_state: path, ..agent });
        let line = enclose("claude", logged_in.as_ref(), None, words(&["echo", "started"]));
        assert_eq!(run(&line, ""), (Some(0), "started\n".into(), String::new()));
    }

    #[test]
    fn a_time_limit_keeps_input_and_status_and_ends_the_agent() {
        let limit = |text: &str| text.parse::<TimeLimit>().ok();
        let line = enclose("a", None, limit("60"), words(&["sh", "-c", "cat; exit 7"]));
        assert_eq!(run(&line, "input"), (Some(7), "input".into(), String::new()));
        let start = Instant::now();
        let line = enclose("a", None, limit("1"), words(&["sleep", "60"]));
        let (status, _, stderr) = run(&line, "");
        assert_eq!(status, Some(i32::from(exit::TIMED_OUT)), "{stderr}");
        assert!(stderr.contains("error: `a` was ended after 1 s"), "{stderr}");
        assert!(start.elapsed().as_secs() < 30);
        let line = enclose("a", None, limit("60"), words(&["sh", "-c", "kill -9 $$"]));
        assert_eq!(run(&line, "").0, Some(137));
    }
}
