//! Settings of shells that name things of the host.

use super::secret::{LineState, is_shell_file};
use crate::network::ProxyAddress;

/// A file for a container.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AdaptedSettings {
    /// The content.
    pub content: Vec<u8>,
    /// The variables whose assignments were removed.
    pub removed: Vec<String>,
}

/// Variables that mean something else in a container, which has its own values.
const OF_HOST: [&str; 22] = [
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "SHELL",
    "HOME",
    "USER",
    "LOGNAME",
    "HOST",
    "HOSTNAME",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
];
const ENGINES: [&str; 3] = ["DOCKER_HOST", "CONTAINER_HOST", "PODMAN_HOST"];
const TEMPORARY: [&str; 3] = ["TMPDIR", "TMP", "TEMP"];
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"];
/// Words before an assignment.
const PREFIXES: [&str; 6] =
    ["export ", "typeset -gx ", "typeset -x ", "declare -gx ", "declare -x ", "set -gx "];

/// Removes assignments from a start-up file of a shell that would break sessions in a container:
/// each becomes the no-op `:`. `None` if there are none, and for other files.
///
/// Lines that assign several variables, and lines within quotes, are kept.
#[must_use]
pub fn adapt_to_container(path: &str, bytes: &[u8]) -> Option<AdaptedSettings> {
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_shell_file(path))?;
    let mut adapted = AdaptedSettings { content: Vec::new(), removed: Vec::new() };
    let mut state = LineState::default();
    for line in text.split_inclusive('\n') {
        let was_inside = state.is_inside();
        state.read(line);
        let name = host_variable(line.trim()).filter(|_| !was_inside && !state.is_inside());
        let Some(name) = name else {
            adapted.content.extend(line.as_bytes());
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = if line.ends_with('\n') { "\n" } else { "" };
        adapted.content.extend(format!("{indent}:{end}").as_bytes());
        if !adapted.removed.iter().any(|known| known == name) {
            adapted.removed.push(name.to_owned());
        }
    }
    (!adapted.removed.is_empty()).then_some(adapted)
}

/// Returns the variable that a line assigns, if it is of the host and the line does nothing else.
fn host_variable(line: &str) -> Option<&str> {
    let rest = PREFIXES.iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
    let rest = rest.trim_start();
    let separator = if line.starts_with("set ") { ' ' } else { '=' };
    let (name, value) = rest.split_once(separator)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) || !is_one_word(value, name) {
        return None;
    }
    let value = value.trim().trim_matches(['"', '\'']);
    let is_host = match name {
        name if OF_HOST.contains(&name) => true,
        name if ENGINES.contains(&name) => is_local_engine(value),
        name if TEMPORARY.contains(&name) => {
            !value.starts_with("/tmp") && !value.starts_with("/var/tmp")
        }
        name if PROXIES.contains(&name.to_ascii_lowercase().as_str()) => {
            ProxyAddress::parse(value).is_some_and(|proxy| proxy.is_loopback())
        }
        _ => false,
    };
    is_host.then_some(name)
}

/// Whether a value is one word, besides a comment and the export of its variable.
fn is_one_word(value: &str, name: &str) -> bool {
    let mut quote = None;
    let mut depth = 0_i32;
    let end = value.char_indices().find_map(|(at, c)| {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'' | '`', None) => quote = Some(c),
            ('(' | '{', None) => depth += 1,
            (')' | '}', None) => depth -= 1,
            (' ' | '\t' | ';' | '&' | '|', None) if depth == 0 => return Some(at),
            _ => {}
        }
        None
    });
    let rest = value[end.unwrap_or(value.len())..].trim();
    let exports = rest.strip_prefix(';').map(str::trim);
    quote.is_none()
        && (rest.is_empty()
            || rest.starts_with('#')
            || exports == Some("")
            || exports == Some(&format!("export {name}")))
}

/// Whether the engine is on this machine: `unix:///var/run/docker.sock`, `tcp://localhost:2375`, or
/// what a command prints.
fn is_local_engine(value: &str) -> bool {
    let is_named =
        ["tcp://", "ssh://", "http://", "https://"].iter().any(|scheme| value.starts_with(scheme));
    !is_named || ProxyAddress::parse(value).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn adapt(text: &str) -> (String, Vec<String>) {
        match adapt_to_container(".zshrc", text.as_bytes()) {
            None => (text.to_owned(), Vec::new()),
            Some(AdaptedSettings { content, removed }) => {
                (String::from_utf8(content).expect("text"), removed)
            }
        }
    }

    #[test]
    fn variables_of_the_host_are_removed() {
        for line in [
            "export SSH_AUTH_SOCK=$(gpgconf --list-dirs agent-ssh-socket)",
            "export SSH_AUTH_SOCK=\"$HOME/Library/a b/agent.sock\" # 1Password",
            "SHELL=/bin/zsh; export SHELL",
            "export DOCKER_HOST=\"unix://$HOME/.colima/docker.sock\"",
            "export DOCKER_HOST=tcp://localhost:2375",
            "export TMPDIR=$HOME/tmp",
            "set -gx SHELL /usr/bin/fish",
            "typeset -x NODE_EXTRA_CA_CERTS=/etc/corp.pem",
            "export https_proxy=http://127.0.0.1:7890",
        ] {
            let (text, removed) = adapt(&format!("a=1\n  {line}\nb=2"));
            assert_eq!((text.as_str(), removed.len()), ("a=1\n  :\nb=2", 1), "{line}");
        }
    }

    #[test]
    fn other_lines_are_kept() {
        for text in [
            "export DOCKER_HOST=ssh://build.corp\n",
            "export TMPDIR=/tmp/me\n",
            "export HTTPS_PROXY=http://proxy.corp:3128\n",
            "export EDITOR=vim\nalias x='SHELL=/bin/sh y'\n",
            "# export SHELL=/bin/zsh\n",
            "SHELL=/bin/sh make\n",
            "export SHELL=/bin/zsh EDITOR=vim\n",
            "x='\nSHELL=/bin/zsh\n'\n",
            "[ -z \"$X\" ] && export SHELL=/bin/zsh\n",
            "echo SHELL=\n",
        ] {
            assert_eq!(adapt(text), (text.to_owned(), Vec::new()));
        }
        assert_eq!(adapt_to_container(".vimrc", b"SHELL=/bin/zsh\n"), None);
    }

    proptest! {
        #[test]
        fn the_number_of_lines_stays(text in "(export |SHELL=|TMP=|\"|'|/x|\\(|\\)| |#|;|\\\\|\n){0,24}") {
            let (adapted, _) = adapt(&text);
            prop_assert_eq!(adapted.matches('\n').count(), text.matches('\n').count());
        }
    }
}
