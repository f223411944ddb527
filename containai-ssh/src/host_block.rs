//! The OpenSSH client configuration of one container.

use std::path::{Path, PathBuf};

use containai_core::naming::{HostPort, SshAlias};
use containai_core::remote::{ClientOption, Forward};

use crate::connector::ProxyConnector;
use crate::proxy::ProxyRoute;
use crate::session::TERMINAL_VARIABLES;
use containai_core::layout::CONTAINER_USER;

/// The `Host` block of ssh_config(5) with which plain `ssh` reaches a
/// container.
///
/// The block precedes the user's own configuration, and OpenSSH uses the first
/// value of each option. It sets everything that a `Host *` of the user could
/// break: jump hosts and shared connections would reach another machine or a
/// removed container.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostBlock {
    /// The host name for `ssh`.
    pub alias: SshAlias,
    /// The port on 127.0.0.1.
    pub port: HostPort,
    /// The user in the container.
    pub user: String,
    /// The private key file.
    pub identity: PathBuf,
    /// The file of pinned host keys.
    pub known_hosts: PathBuf,
    /// The address of the container's engine, written as a comment; `None` if
    /// unknown.
    pub engine: Option<String>,
    /// The route to the port; `None` if it is on this machine.
    pub proxy: Option<ProxyRoute>,
    /// The program that connects to a port of this machine; `None`: OpenSSH
    /// does. Ignored with a route.
    pub connector: Option<ProxyConnector>,
    /// Options of the user.
    pub client_options: ClientOptions,
}

impl HostBlock {
    /// Returns the block of a container on this machine, for the user `agent`,
    /// without options.
    #[must_use]
    pub fn new(
        alias: SshAlias,
        port: HostPort,
        identity: impl Into<PathBuf>,
        known_hosts: impl Into<PathBuf>,
    ) -> Self {
        Self {
            alias,
            port,
            user: CONTAINER_USER.to_owned(),
            identity: identity.into(),
            known_hosts: known_hosts.into(),
            engine: None,
            proxy: None,
            connector: None,
            client_options: ClientOptions::default(),
        }
    }
}

/// Options of OpenSSH sessions in a container.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Whether the user's SSH agent is forwarded.
    pub forward_agent: ForwardAgent,
    /// Port and socket forwards.
    pub forwards: Vec<Forward>,
    /// Additional directives.
    pub options: Vec<ClientOption>,
}

impl ClientOptions {
    /// Returns options with these forwards and directives.
    #[must_use]
    pub fn new(
        forward_agent: ForwardAgent,
        forwards: Vec<Forward>,
        options: Vec<ClientOption>,
    ) -> Self {
        Self { forward_agent, forwards, options }
    }
}

/// Whether the user's SSH agent is forwarded to a container.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ForwardAgent {
    /// It is not forwarded.
    #[default]
    No,
    /// It is forwarded: programs in the container may use the user's keys for
    /// the duration of a session.
    Yes,
}

/// The first line of a block.
pub(crate) const HEADER: &str = "# Written by ContainAI, which overwrites changes.\n";
/// The prefix of the engine's address.
pub(crate) const ENGINE_PREFIX: &str = "# Engine: ";
/// The prefix of the host key alias.
pub(crate) const HOST_KEY_ALIAS_PREFIX: &str = "  HostKeyAlias ";
/// The prefix of the port.
pub(crate) const PORT_PREFIX: &str = "  Port ";

/// The proxy option of ports on this machine; a [`ProxyRoute`] and a
/// [`ProxyConnector`] have their own.
const NO_PROXY: &str = "ProxyCommand none";

/// Options with the same value for every container, except [`NO_PROXY`]. Every
/// build of OpenSSH knows them: some lack GSSAPI, which
/// `PreferredAuthentications` excludes.
const COMMON_OPTIONS: [&str; 11] = [
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
    "HostKeyAlgorithms ssh-ed25519",
    "UpdateHostKeys no",
    "PubkeyAuthentication yes",
    "PreferredAuthentications publickey",
    "PasswordAuthentication no",
    NO_PROXY,
    "ControlMaster no",
    "ControlPath none",
    "ForwardX11 no",
];

impl HostBlock {
    /// Renders the block as a whole file.
    ///
    /// # Errors
    ///
    /// [`HostBlockError`] for a path that ssh_config(5) cannot express.
    pub fn render(&self) -> Result<String, HostBlockError> {
        let identity = path_argument(&self.identity)?;
        let known_hosts = path_argument(&self.known_hosts)?;
        let agent = match self.client_options.forward_agent {
            ForwardAgent::No => "no",
            ForwardAgent::Yes => "yes",
        };
        let proxy_line = match (&self.proxy, &self.connector) {
            (Some(route), _) => route.directive(),
            (None, Some(connector)) => connector.directive(),
            (None, None) => NO_PROXY.to_owned(),
        };
        if proxy_line.contains(char::is_control) {
            return Err(HostBlockError { path: proxy_line.into() });
        }
        let mut text = HEADER.to_owned();
        // An address that would end the comment is omitted; any other is read
        // back verbatim, quotes included.
        let is_line = |engine: &&String| !engine.contains(char::is_control);
        if let Some(engine) = self.engine.as_ref().filter(is_line) {
            text.push_str(&format!("{ENGINE_PREFIX}{engine}\n"));
        }
        text.push_str(&format!(
            "Host {}\n  HostName 127.0.0.1\n  AddressFamily inet\n{PORT_PREFIX}{}\n  User {}\n  \
             IdentityFile {identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known_hosts}\n  \
             {}\n  SendEnv {}\n  ForwardAgent {agent}\n",
            self.alias,
            self.port,
            self.user,
            COMMON_OPTIONS
                .map(|line| if line == NO_PROXY { &proxy_line } else { line })
                .join("\n  "),
            TERMINAL_VARIABLES.join(" "),
        ));
        if let Some(route) = &self.proxy {
            text.push_str(&format!("{HOST_KEY_ALIAS_PREFIX}{}\n", route.host_key_alias(self.port)));
        }
        for forward in &self.client_options.forwards {
            text.push_str(&format!("  {}\n", forward.directive()));
        }
        for option in &self.client_options.options {
            text.push_str(&format!("  {option}\n"));
        }
        Ok(text)
    }
}

/// Formats a path as one argument: quoted if necessary, with `%` doubled
/// because OpenSSH expands tokens in file names.
///
/// Old and new releases parse `"` and `\` differently, and `${` cannot be
/// escaped.
pub(crate) fn path_argument(path: &Path) -> Result<String, HostBlockError> {
    let error = || HostBlockError { path: path.to_owned() };
    let text = path.to_str().filter(|text| text.starts_with('/')).ok_or_else(error)?;
    if text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) || text.contains("${") {
        return Err(error());
    }
    let text = text.replace('%', "%%");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:%".contains(c);
    if text.chars().all(is_plain) { Ok(text) } else { Ok(format!("\"{text}\"")) }
}

/// A path or program that OpenSSH's configuration cannot express.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("OpenSSH's configuration cannot express `{}`", path.display())]
#[non_exhaustive]
pub struct HostBlockError {
    /// The path, or the program. It is relative, not UTF-8, or contains a
    /// control character, `"`, `\` or `${`.
    pub path: PathBuf,
}

#[cfg(test)]
mod tests {
    use containai_core::naming::ContainerName;
    use containai_core::remote::Direction;

    use super::*;
    use crate::proxy::ProxyKind;

    fn block(home: &str) -> Result<HostBlock, Box<dyn std::error::Error>> {
        let alias = SshAlias::of(&ContainerName::parse("repo-main")?);
        let home = Path::new(home);
        let (identity, known_hosts) = (home.join("id_containai"), home.join("known_hosts"));
        let mut block = HostBlock::new(alias, HostPort::new(2300)?, identity, known_hosts);
        block.engine = Some("unix:///run/x.sock".to_owned());
        block.client_options = ClientOptions {
            forwards: vec![
                Forward::parse(Direction::Local, "8080:localhost:80")?,
                Forward::parse(Direction::Remote, "/tmp/a:/tmp/b")?,
            ],
            options: vec!["Compression yes".parse()?],
            ..ClientOptions::default()
        };
        Ok(block)
    }

    #[test]
    fn renders_every_option() -> Result<(), Box<dyn std::error::Error>> {
        insta::assert_snapshot!(block("/home/me/a b%c")?.render()?, @r#"
        # Written by ContainAI, which overwrites changes.
        # Engine: unix:///run/x.sock
        Host containai-repo-main
          HostName 127.0.0.1
          AddressFamily inet
          Port 2300
          User agent
          IdentityFile "/home/me/a b%%c/id_containai"
          IdentitiesOnly yes
          UserKnownHostsFile "/home/me/a b%%c/known_hosts"
          GlobalKnownHostsFile /dev/null
          StrictHostKeyChecking yes
          HostKeyAlgorithms ssh-ed25519
          UpdateHostKeys no
          PubkeyAuthentication yes
          PreferredAuthentications publickey
          PasswordAuthentication no
          ProxyCommand none
          ControlMaster no
          ControlPath none
          ForwardX11 no
          SendEnv COLORTERM COLORFGBG NO_COLOR TERM_PROGRAM TERM_PROGRAM_VERSION
          ForwardAgent no
          LocalForward 8080 localhost:80
          RemoteForward /tmp/a /tmp/b
          Compression yes
        "#);
        Ok(())
    }

    #[test]
    fn a_remote_engine_is_reached_by_a_proxy() -> Result<(), Box<dyn std::error::Error>> {
        let means =
            ProxyKind::Jump { user: Some("me".to_owned()), host: "box".to_owned(), port: None };
        let mut far = block("/home/me")?;
        far.proxy = Some(ProxyRoute { engine: "ssh://me@box".to_owned(), kind: means });
        let text = far.render()?;
        let lines = text.lines().filter(|line| line.contains("Proxy") || line.contains("Alias"));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        ProxyJump me@box
        HostKeyAlias containai-a27e749186bdb6b2-2300
        "#);
        let words = ["cai", "a\nHost *"].map(str::to_owned).into();
        far.proxy =
            Some(ProxyRoute { engine: "tcp://x:1".to_owned(), kind: ProxyKind::Command(words) });
        assert!(far.render().is_err());
        Ok(())
    }

    #[test]
    fn a_connector_starts_the_container() -> Result<(), Box<dyn std::error::Error>> {
        let mut near = block("/home/me")?;
        near.connector = Some(ProxyConnector {
            program: "/opt/cai".to_owned(),
            arguments: ["ssh", "proxy"].map(str::to_owned).into(),
            variables: Vec::new(),
        });
        let text = near.render()?;
        let line = text.lines().find(|line| line.contains("Proxy")).unwrap_or_default();
        assert!(line.starts_with("  ProxyCommand 'sh' '-c' "), "{line}");
        assert!(line.ends_with(" '/opt/cai' 'ssh' 'proxy' %p"), "{line}");
        if let Some(connector) = &mut near.connector {
            connector.program = "/opt\nHost *".to_owned();
        }
        assert!(near.render().is_err());
        Ok(())
    }

    #[test]
    fn rejects_unrepresentable_paths() -> Result<(), Box<dyn std::error::Error>> {
        for home in ["relative", "/a\"b", "/a\\b", "/${HOME}", "/a\nHost *"] {
            assert!(block(home)?.render().is_err(), "{home:?}");
        }
        Ok(())
    }
}
