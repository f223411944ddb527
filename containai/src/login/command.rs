//! The command of a login.

use std::io::BufRead;

use age::secrecy::{ExposeSecret as _, SecretString};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::CONTAINER_CREDENTIALS_PROGRAM;
use containai_core::manifest::AgentLogin;
use containai_ssh::{Command, EnvVars, Input};

use crate::error::{OperationError, ResultExt as _};

/// The longest key that is read.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// The way to log in.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginMethod {
    /// With a page that leads back to the program.
    Page,
    /// With a code that the user types into a page.
    Code,
    /// With an API key or a token.
    Key(SecretString),
}

impl LoginMethod {
    /// Reads a key: the first line of a stream.
    ///
    /// # Errors
    ///
    /// The stream cannot be read.
    pub fn read_key(stream: impl BufRead) -> crate::Result<Self> {
        let mut text = String::new();
        let line = stream.take(MAX_KEY_BYTES).read_line(&mut text);
        line.context("cannot read the key")?;
        Ok(Self::Key(text.lines().next().unwrap_or_default().to_owned().into()))
    }

    /// Returns the command in the container.
    ///
    /// # Errors
    ///
    /// The program has no such login, or the key is empty or has several lines.
    pub(super) fn command(&self, login: &AgentLogin) -> crate::Result<Command> {
        let name = login.name.as_str();
        let own = |command: &[String]| {
            let words = [CONTAINER_CREDENTIALS_PROGRAM, "login", name].map(str::to_owned);
            Command::new(words.into_iter().chain(command.iter().cloned()))
        };
        let command = match self {
            Self::Page => own(&login.command),
            Self::Code if !login.device_command.is_empty() => own(&login.device_command),
            Self::Code => {
                let message = format!("`{name}` has no login with a code");
                let hint = Hint::run(&format!("cai login {name}"), "log in with its own login");
                return Err(OperationError::usage(message).hint(hint).into());
            }
            Self::Key(key) => {
                check_key(key)?;
                match (&login.key_file, login.key_command.is_empty()) {
                    (_, false) => own(&login.key_command),
                    (Some(file), _) => {
                        let words = [CONTAINER_CREDENTIALS_PROGRAM, "store", name, file.as_str()];
                        Command::new(words.into_iter().chain(login.key_variable.as_deref()))
                    }
                    (None, true) => {
                        let message = format!("`{name}` takes no key on the command line of `cai`");
                        let hint = Hint::run(
                            &format!("cai login {name}"),
                            "give the key to the program's own login",
                        );
                        return Err(OperationError::usage(message).hint(hint).into());
                    }
                }
            }
        };
        Ok(command?)
    }

    /// Returns the standard input of a login with a key; `None` for others, which use the
    /// terminal.
    pub(super) fn input(&self) -> Option<Input> {
        match self {
            Self::Key(key) => Some(Input::bytes(format!("{}\n", key.expose_secret()))),
            _ => None,
        }
    }
}

fn check_key(key: &SecretString) -> Result<(), OperationError> {
    let text = key.expose_secret();
    match text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        false => Ok(()),
        true => Err(OperationError::usage("the key is empty, or contains white space")
            .hint(Hint::new("copy the key again: it is one word"))),
    }
}

/// Returns the environment of a login's command.
pub(super) fn variables(
    login: &AgentLogin,
    browser: impl IntoIterator<Item = String>,
) -> crate::Result<EnvVars> {
    let mut variables = EnvVars::default();
    for variable in login.variables.iter().cloned().chain(browser) {
        variables.assign(&variable, |_| None).map_err(|error| {
            OperationError::with_code(
                exit::USAGE,
                format!("the login of `{}`: {error}", login.name),
            )
        })?;
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use containai_core::manifest::shipped_logins;

    use super::*;

    fn words(name: &str, method: &LoginMethod) -> String {
        let login = shipped_logins().into_iter().find(|it| it.name == name).expect("a login");
        method.command(&login).map_or_else(|error| error.to_string(), |it| format!("{it:?}"))
    }

    #[test]
    fn key_is_in_no_command() {
        for name in ["claude", "codex", "gemini", "gh", "copilot"] {
            let key = || LoginMethod::Key("sk-secret".to_owned().into());
            assert!(!words(name, &key()).contains("sk-secret"), "{name}");
            assert!(!format!("{:?} {:?}", key(), key().input()).contains("sk-secret"));
        }
        let empty = LoginMethod::Key(String::new().into());
        assert_eq!(words("codex", &empty), "the key is empty, or contains white space");
    }

    #[test]
    fn missing_methods_are_refused() {
        assert_eq!(words("claude", &LoginMethod::Code), "`claude` has no login with a code");
        let key = LoginMethod::Key("k".to_owned().into());
        assert_eq!(words("opencode", &key), "`opencode` takes no key on the command line of `cai`");
    }
}
