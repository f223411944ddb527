//! Options and commands that were removed, and their replacements.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use containai::OperationError;
use containai_core::hint::Hint;

const ONE_FILE: &str = "there is one configuration file";
const IMAGE_NAME: &str = "`--image` takes a whole reference";
const MOUNTS: &str = "containers mount only the workspace and their volumes";
const SOCKET: &str = "containers have no access to the host's Docker socket";
const CREDENTIALS: &str = "containers have no access to the host's credentials";
const INNER: &str = "use the container's own Docker: `docker` works inside";
const SIGN_IN: &str = "leave it out: agents store their logins in the workspace's data volume";

/// Removed options and commands: word, reason, replacement.
const REMOVED: [(&str, &str, &str); 16] = [
    ("--config", ONE_FILE, "set `XDG_CONFIG_HOME`, or pass the settings as options"),
    ("--channel", IMAGE_NAME, "use `--image`, such as `--image ghcr.io/me/image:nightly`"),
    ("--image-tag", IMAGE_NAME, "use `--image REFERENCE` with the tag"),
    ("--credentials", CREDENTIALS, SIGN_IN),
    ("--acknowledge-credential-risk", CREDENTIALS, SIGN_IN),
    ("--allow-host-credentials", CREDENTIALS, SIGN_IN),
    ("--i-understand-this-exposes-host-credentials", CREDENTIALS, SIGN_IN),
    ("--volume", MOUNTS, "copy files with `cai cp`, or use a data volume: `--data-volume NAME`"),
    ("--mount-docker-socket", SOCKET, INNER),
    ("--allow-host-docker-socket", SOCKET, INNER),
    ("--i-understand-this-grants-root-access", SOCKET, INNER),
    ("--name", "the name is an argument of this command", "leave out `--name`"),
    ("--acp", "it is a command of its own", "use `cai acp proxy AGENT`"),
    ("--refresh", "`cai image pull` updates images", "run it, then `cai run --fresh`"),
    ("sandbox", "each container is a sandbox", "use `cai run`"),
    ("-D", "one option sets the verbosity", "use `--verbose`"),
];

/// Returns an error that names the replacement, if the command line has a removed option or
/// command.
pub(crate) fn suggest_replacement(error: &clap::Error) -> Option<OperationError> {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return None,
    };
    let Some(ContextValue::String(given)) = error.get(kind) else {
        return None;
    };
    let (word, reason, replacement) = REMOVED.iter().find(|(word, ..)| word == given)?;
    let message = format!("`{word}` was removed: {reason}");
    Some(OperationError::usage(message).hint(Hint::new(*replacement)))
}

#[cfg(test)]
mod tests {
    use containai_core::exit;
    use containai_core::hint::Advice as _;

    use super::*;
    use crate::command_line::full_command;

    /// Removed options of session commands.
    const REMOVED_FROM_SESSION_COMMANDS: [&str; 16] = [
        "--config x.toml",
        "--config=x.toml",
        "--channel nightly",
        "--image-tag latest",
        "--image-tag=latest",
        "--credentials none",
        "--acknowledge-credential-risk",
        "--allow-host-credentials",
        "--i-understand-this-exposes-host-credentials",
        "--volume /a:/b",
        "--volume=/a:/b",
        "--mount-docker-socket",
        "--allow-host-docker-socket",
        "--i-understand-this-grants-root-access",
        "-D",
        "-qD",
    ];

    /// Command lines of earlier versions that are still accepted.
    const STILL_ACCEPTED: [&str; 34] = [
        "run /src --dry-run",
        "run -w /src --container mine --data-volume data --template ml",
        "run --memory 4g --cpus 2 --fresh --force -q",
        "run --fresh --verbose",
        "run --debug --name mine",
        "run --detached -e A=1 --env B=2 -- sleep 9",
        "run -d -- sleep 9",
        "shell /src --reset --dry-run",
        "shell --workspace /src --restart no",
        "shell --container mine --memory 4g --cpus 2 --template ml --debug",
        "exec --workspace /src -q ls -la --color",
        "exec --container mine --verbose -- -odd --name",
        "stop",
        "stop --container mine --remove --force --verbose",
        "stop --all --remove",
        "status --workspace /src --json",
        "status --container mine",
        "gc --dry-run --images --age 7d",
        "gc --force --images --age 24h",
        "ssh cleanup --dry-run",
        "links check mine",
        "links fix mine -q",
        "config list",
        "config list --workspace /src",
        "config get agent.default",
        "config get -g image",
        "config set -g agent.default codex",
        "config set --workspace /src data_volume mine",
        "config unset ssh.forward_agent",
        "import /src --dry-run --verbose",
        "import --container mine --from /other --no-excludes --no-secrets",
        "import --workspace /src --data-volume mine",
        "setup --verbose",
        "completion bash",
    ];

    fn read(line: &str) -> Result<(), clap::Error> {
        let words = ["cai"].into_iter().chain(line.split(' '));
        full_command().try_get_matches_from(words).map(drop)
    }

    fn error_text(line: &str) -> String {
        let mistake = read(line).expect_err(line);
        let error = suggest_replacement(&mistake).unwrap_or_else(|| panic!("`{line}`: {mistake}"));
        assert_eq!(error.exit_code(), exit::USAGE, "{line}");
        let hints = error.hints().into_iter().map(|hint| format!("hint: {hint}\n"));
        format!("error: {error}\n{}", hints.collect::<String>())
    }

    #[test]
    fn remaining_flags_are_still_accepted() {
        for line in STILL_ACCEPTED {
            assert!(read(line).is_ok(), "`{line}`: {:?}", read(line));
        }
    }

    #[test]
    fn removed_flags_name_their_replacement() {
        let mut texts: Vec<_> =
            REMOVED_FROM_SESSION_COMMANDS.map(|flag| error_text(&format!("run {flag}"))).into();
        for flag in REMOVED_FROM_SESSION_COMMANDS {
            assert_eq!(error_text(&format!("shell {flag}")), error_text(&format!("run {flag}")));
            assert_eq!(error_text(&format!("exec {flag} ls")), error_text(&format!("run {flag}")));
        }
        for line in [
            "run --acp claude",
            "run --refresh",
            "sandbox",
            "sandbox run",
            "links check --config x",
            "links fix --name x",
            "import --config x",
        ] {
            texts.push(error_text(line));
        }
        texts.dedup();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn removed_flags_are_unknown_to_every_subcommand() {
        for verb in ["run", "shell", "exec", "stop", "status", "gc", "list", "config", "import"] {
            let mistake = read(&format!("{verb} --no-such-flag")).expect_err(verb);
            assert_eq!(mistake.kind(), ErrorKind::UnknownArgument, "{verb}: {mistake}");
            assert!(suggest_replacement(&mistake).is_none() && mistake.use_stderr());
        }
    }
}
