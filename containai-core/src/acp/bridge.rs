//! The messages of both sides.

use std::collections::HashMap;

use super::access::AcpAccess;
use super::client_fields::ClientFields;
use super::display_fields::{DisplayFields, Fate};
use super::error::AcpRefusal;
use super::message::{MessageKind, error_response};
use super::path_map::{AcpPathMap, AcpRealPath};
use super::raw_json::RawNode;
use crate::config::escape_control;

/// The latest version of the protocol whose paths are known.
const LATEST_VERSION: u64 = 2;
/// The length up to which a line that is no message is shown, in characters.
const MAX_SHOWN: usize = 2000;

/// The consequence of a message. Messages are without their line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcpOutput {
    /// A message for the agent.
    ToAgent(String),
    /// A message for the editor.
    ToClient(String),
    /// A text for the user, printable.
    Notice(String),
}

/// The state of one connection between an editor and an agent.
#[derive(Debug)]
pub struct AcpBridge {
    map: AcpPathMap,
    access: AcpAccess,
    /// The editor's requests whose results have paths or capabilities, by id.
    pending: HashMap<String, PendingRequest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PendingRequest {
    Initialize,
    SessionList,
}

impl AcpBridge {
    /// Creates the state of a new connection.
    #[must_use]
    pub fn new(map: AcpPathMap, access: AcpAccess) -> Self {
        Self { map, access, pending: HashMap::new() }
    }

    /// Returns what a line of the editor leads to: the message with the container's paths, or an
    /// error for the editor. An empty line leads to nothing.
    pub fn client_line(&mut self, line: &[u8], real_path: &AcpRealPath<'_>) -> Vec<AcpOutput> {
        let Some(text) = as_text(line) else {
            let refusal = AcpRefusal::Malformed("it is not UTF-8");
            return vec![AcpOutput::ToClient(error_response("null", &refusal))];
        };
        if text.is_empty() {
            return Vec::new();
        }
        let mut outputs = Vec::new();
        let mut id = "null".to_owned();
        let message = self.client_message(text, &mut id, real_path, &mut outputs);
        outputs.push(match message {
            Ok(message) => AcpOutput::ToAgent(message),
            Err(refusal) => AcpOutput::ToClient(error_response(&id, &refusal)),
        });
        outputs
    }

    fn client_message(
        &mut self,
        text: &str,
        id: &mut String,
        real_path: &AcpRealPath<'_>,
        outputs: &mut Vec<AcpOutput>,
    ) -> Result<String, AcpRefusal> {
        let mut message = RawNode::parse_object(text)?;
        let method = match MessageKind::of(&mut message)? {
            MessageKind::Response { .. } => return Ok(text.to_owned()),
            MessageKind::Notification { method } => method,
            MessageKind::Request { id: found, method } => {
                *id = found;
                method
            }
        };
        match method.as_str() {
            "initialize" => {
                withhold_capabilities(&mut message, self.access)?;
                self.pending.insert(id.clone(), PendingRequest::Initialize);
            }
            "session/list" => {
                self.pending.insert(id.clone(), PendingRequest::SessionList);
            }
            _ => {}
        }
        let mut notices = Vec::new();
        let mut fields = ClientFields { map: &mut self.map, real_path, notices: &mut notices };
        let rewritten = fields.rewrite(&method, &mut message);
        outputs.extend(notices.into_iter().map(AcpOutput::Notice));
        if rewritten.is_err() {
            self.pending.remove(id);
        }
        rewritten.map(|()| message.to_json())
    }

    /// Returns what a line of the agent leads to: the message with the host's paths, an error for the
    /// agent, or a notice for text that is no message.
    pub fn agent_line(&mut self, line: &[u8], real_path: &AcpRealPath<'_>) -> Vec<AcpOutput> {
        let Some(text) = as_text(line).filter(|text| text.starts_with('{')) else {
            let shown = String::from_utf8_lossy(line);
            let shown: String = shown.trim().chars().take(MAX_SHOWN).collect();
            let notice = AcpOutput::Notice(escape_control(&shown));
            return if shown.is_empty() { Vec::new() } else { vec![notice] };
        };
        let mut kind = None;
        match self.agent_message(text, &mut kind, real_path) {
            Ok(Some(message)) => vec![AcpOutput::ToClient(message)],
            Ok(None) => {
                vec![AcpOutput::Notice(
                    "a message about a file outside of the workspace was left out".into(),
                )]
            }
            Err(refusal) => {
                let mut outputs = vec![AcpOutput::Notice(format!(
                    "refused a message of the agent: {}",
                    escape_control(&refusal.to_string())
                ))];
                outputs.extend(match kind {
                    Some(MessageKind::Request { id, .. }) => {
                        Some(AcpOutput::ToAgent(error_response(&id, &refusal)))
                    }
                    // The editor waits for its response.
                    Some(MessageKind::Response { id }) => {
                        Some(AcpOutput::ToClient(error_response(&id, &refusal)))
                    }
                    _ => None,
                });
                outputs
            }
        }
    }

    /// Returns the message for the editor; `None` if nothing of it can be shown.
    fn agent_message(
        &mut self,
        text: &str,
        kind: &mut Option<MessageKind>,
        real_path: &AcpRealPath<'_>,
    ) -> Result<Option<String>, AcpRefusal> {
        let mut message = RawNode::parse_object(text)?;
        let fields = DisplayFields { map: &self.map };
        let fate = match kind.insert(MessageKind::of(&mut message)?) {
            MessageKind::Response { id } => {
                match self.pending.remove(id) {
                    Some(PendingRequest::Initialize) => check_agent(&mut message)?,
                    Some(PendingRequest::SessionList) => fields.session_list(&mut message)?,
                    None => {}
                }
                Fate::Keep
            }
            MessageKind::Request { method, .. } | MessageKind::Notification { method } => {
                if !self.access.allows(method) {
                    return Err(AcpRefusal::NotAllowed(method.clone()));
                }
                self.host_paths(method, &mut message, real_path)?;
                fields.rewrite(method, &mut message)?
            }
        };
        Ok((fate == Fate::Keep).then(|| message.to_json()))
    }

    /// Rewrites the paths that the editor uses, and refuses a link that leads out of the workspace.
    fn host_paths(
        &self,
        method: &str,
        message: &mut RawNode<'_>,
        real_path: &AcpRealPath<'_>,
    ) -> Result<(), AcpRefusal> {
        let key = match method {
            "elicitation/create" => return check_page(message),
            _ if method.starts_with("fs/") => "path",
            "terminal/create" => "cwd",
            _ => return Ok(()),
        };
        let Some(params) = message.member("params")? else { return Ok(()) };
        let fields = DisplayFields { map: &self.map };
        let Some(path) = fields.required_path(params, key)? else { return Ok(()) };
        // A file that does not exist yet is below the first directory that does.
        let mut existing = path.as_str();
        let real = loop {
            match (real_path(existing), existing.rsplit_once('/')) {
                (Some(real), _) => break Some(real),
                (None, Some((parent, _))) if !parent.is_empty() => existing = parent,
                _ => break None,
            }
        };
        match real.is_some_and(|real| self.map.has_real_path(&real)) {
            true => Ok(()),
            false => Err(AcpRefusal::Outside { path, root: self.map.host_roots() }),
        }
    }
}

impl AcpBridge {
    /// Returns the answers to the editor's first requests when the agent ends without answering, so
    /// that the editor shows the reason.
    pub fn end(&mut self, reason: &str) -> Vec<AcpOutput> {
        let unanswered = self.pending.drain().map(|(id, _)| id);
        let refusal = AcpRefusal::Ended(reason.to_owned());
        unanswered.map(|id| AcpOutput::ToClient(error_response(&id, &refusal))).collect()
    }
}

/// Refuses a question whose answer is given on anything else than a page of the web.
fn check_page(message: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
    let Some(url) = message.at("/params/url")? else { return Ok(()) };
    let url = url.as_text().ok_or(AcpRefusal::Malformed("a URL is not a string"))?;
    match url.starts_with("https://") || url.starts_with("http://") {
        true => Ok(()),
        false => Err(AcpRefusal::NotAPage(url)),
    }
}

fn as_text(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok().map(str::trim)
}

/// Withholds what the editor would do on the host, so that the agent works in the container, and asks
/// for no later version than the latest known one.
fn withhold_capabilities(message: &mut RawNode<'_>, access: AcpAccess) -> Result<(), AcpRefusal> {
    if let Some(version) = message.at("/params/protocolVersion")?
        && version.to_json().parse().is_ok_and(|number: u64| number > LATEST_VERSION)
    {
        *version = RawNode::Json(LATEST_VERSION.to_string());
    }
    for (pointer, is_allowed) in [
        ("/params/clientCapabilities/fs/readTextFile", access.reads_files),
        ("/params/clientCapabilities/fs/writeTextFile", access.writes_files),
        ("/params/clientCapabilities/terminal", access.uses_terminals),
    ] {
        if let Some(capability) = message.at(pointer)?.filter(|_| !is_allowed) {
            *capability = RawNode::Json("false".into());
        }
    }
    // An authentication in a terminal is a program that the agent has the editor run on the host.
    for capabilities in ["/params/clientCapabilities", "/params/capabilities"] {
        for (parent, key) in [("/auth", "terminal"), ("/_meta", "terminal-auth")] {
            if let Some(node) = message.at(&format!("{capabilities}{parent}"))? {
                node.remove(key)?;
            }
        }
    }
    Ok(())
}

/// Checks the version that the agent chose, and removes the ways to authenticate that run a program on
/// the host.
fn check_agent(message: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
    if let Some(version) = message.at("/result/protocolVersion")? {
        let version = version.to_json();
        if !version.parse().is_ok_and(|number: u64| number <= LATEST_VERSION) {
            return Err(AcpRefusal::Version(version));
        }
    }
    let Some(methods) = message.at("/result/authMethods")? else { return Ok(()) };
    let Some(methods) = methods.elements()? else { return Ok(()) };
    let mut kept = Vec::new();
    for mut method in methods.drain(..) {
        if let Some(meta) = method.member("_meta")? {
            meta.remove("terminal-auth")?;
        }
        if method.text_of("type")?.is_none_or(|kind| kind != "terminal") {
            kept.push(method);
        }
    }
    *methods = kept;
    Ok(())
}

#[cfg(test)]
mod tests;
