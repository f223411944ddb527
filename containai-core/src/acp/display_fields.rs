//! The fields of the agent's messages that are paths.
//!
//! A path outside of the workspace would name another file on the host, so it is removed, or shown as
//! text.

use super::error::AcpRefusal;
use super::file_uri;
use super::path_map::AcpPathMap;
use super::raw_json::{RawNode, quote};

/// Whether a part of a message remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Drop,
}

/// Rewrites the paths of the agent's messages.
pub(super) struct DisplayFields<'m> {
    pub(super) map: &'m AcpPathMap,
}

impl DisplayFields<'_> {
    /// Rewrites the fields of a request or a notification; `Drop`: it cannot be shown.
    pub(super) fn rewrite(
        &self,
        method: &str,
        message: &mut RawNode<'_>,
    ) -> Result<Fate, AcpRefusal> {
        let Some(params) = message.member("params")? else { return Ok(Fate::Keep) };
        match method {
            "session/update" => match params.member("update")? {
                Some(update) => self.update(update),
                None => Ok(Fate::Keep),
            },
            "session/request_permission" => {
                self.tool_call(params.at("/toolCall")?)?;
                let Some(subject) = params.member("subject")? else { return Ok(Fate::Keep) };
                self.tool_call(subject.at("/toolCall")?)?;
                if self.path_at(subject, "cwd")? == Fate::Drop {
                    params.remove("subject")?;
                }
                Ok(Fate::Keep)
            }
            _ => Ok(Fate::Keep),
        }
    }

    /// Rewrites the result of `session/list`, which keeps the sessions of the workspace.
    pub(super) fn session_list(&self, message: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        let Some(sessions) = message.at("/result/sessions")? else { return Ok(()) };
        retain(sessions, |session| {
            self.directories(session)?;
            self.path_at(session, "cwd")
        })
    }

    /// Rewrites a path that the editor opens; an error for a path outside.
    pub(super) fn required_path(
        &self,
        params: &mut RawNode<'_>,
        key: &str,
    ) -> Result<Option<String>, AcpRefusal> {
        let Some(node) = params.member(key)?.filter(|node| !node.is_null()) else {
            return Ok(None);
        };
        let path = node.as_text().ok_or(AcpRefusal::Malformed("a path is not a string"))?;
        let host = self.map.to_host(&path);
        let host =
            host.ok_or_else(|| AcpRefusal::Outside { path, root: self.map.inside_roots() })?;
        *node = RawNode::text(&host);
        Ok(Some(host))
    }

    fn update(&self, update: &mut RawNode<'_>) -> Result<Fate, AcpRefusal> {
        self.tool_call(Some(update))?;
        self.directories(update)?;
        if self.path_at(update, "cwd")? == Fate::Drop {
            update.remove("cwd")?;
        }
        match update.member("plan")? {
            Some(plan) => self.uri_at(plan),
            None => Ok(Fate::Keep),
        }
    }

    /// Rewrites the locations and the contents of a tool call, or of a message.
    fn tool_call(&self, call: Option<&mut RawNode<'_>>) -> Result<(), AcpRefusal> {
        let Some(call) = call else { return Ok(()) };
        if let Some(locations) = call.member("locations")? {
            retain(locations, |location| self.path_at(location, "path"))?;
        }
        let Some(content) = call.member("content")? else { return Ok(()) };
        match content.elements()? {
            None => self.content(content),
            Some(parts) => parts.iter_mut().try_for_each(|part| self.content(part)),
        }
    }

    /// Rewrites a content block, or a part of a tool call's content.
    fn content(&self, part: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        match part.text_of("type")?.as_deref() {
            Some("content") => match part.member("content")? {
                Some(block) => self.content(block),
                None => Ok(()),
            },
            Some("diff") => self.diff(part),
            Some("resource") => self.resource(part),
            Some("resource_link") if self.uri_at(part)? == Fate::Drop => {
                let uri = part.text_of("uri")?.unwrap_or_default();
                *part = text_block(&format!("{uri} in the container"));
                Ok(())
            }
            Some("image") if self.uri_at(part)? == Fate::Drop => part.remove("uri"),
            _ => Ok(()),
        }
    }

    fn resource(&self, part: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        let Some(resource) = part.member("resource")? else { return Ok(()) };
        if self.uri_at(resource)? == Fate::Drop {
            let text = resource.text_of("text")?.unwrap_or_default();
            let uri = resource.text_of("uri")?.unwrap_or_default();
            *part = text_block(&format!("{uri} in the container:\n{text}"));
        }
        Ok(())
    }

    fn diff(&self, diff: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        if self.path_at(diff, "path")? == Fate::Drop {
            let path = diff.text_of("path")?.unwrap_or_default();
            let new = diff.text_of("newText")?.unwrap_or_default();
            let block = text_block(&format!("{path} in the container:\n{new}")).to_json();
            *diff = RawNode::Json(format!(r#"{{"type":"content","content":{block}}}"#));
            return Ok(());
        }
        let Some(changes) = diff.member("changes")? else { return Ok(()) };
        retain(changes, |change| {
            let old = self.path_at(change, "oldPath")?;
            let new = self.path_at(change, "path")?;
            Ok(if old == new { old } else { Fate::Drop })
        })
    }

    fn directories(&self, node: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        match node.member("additionalDirectories")? {
            Some(directories) => retain(directories, |directory| self.path(directory)),
            None => Ok(()),
        }
    }

    fn path_at(&self, node: &mut RawNode<'_>, key: &str) -> Result<Fate, AcpRefusal> {
        match node.member(key)? {
            Some(path) if !path.is_null() => self.path(path),
            _ => Ok(Fate::Keep),
        }
    }

    fn path(&self, node: &mut RawNode<'_>) -> Result<Fate, AcpRefusal> {
        let path = node.as_text().ok_or(AcpRefusal::Malformed("a path is not a string"))?;
        let Some(host) = self.map.to_host(&path) else { return Ok(Fate::Drop) };
        *node = RawNode::text(&host);
        Ok(Fate::Keep)
    }

    fn uri_at(&self, node: &mut RawNode<'_>) -> Result<Fate, AcpRefusal> {
        let Some(node) = node.member("uri")?.filter(|node| !node.is_null()) else {
            return Ok(Fate::Keep);
        };
        let uri = node.as_text().ok_or(AcpRefusal::Malformed("a URI is not a string"))?;
        if uri.starts_with('/') {
            return self.path(node);
        }
        // White space in front of a scheme is ignored by URL parsers.
        if !file_uri::is_file(uri.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()))
        {
            return Ok(Fate::Keep);
        }
        let found = file_uri::split(&uri).filter(|_| file_uri::is_local(&uri));
        let mapped = found.and_then(|(path, rest)| Some((self.map.to_host(&path)?, rest)));
        let Some((host, rest)) = mapped else { return Ok(Fate::Drop) };
        *node = RawNode::text(&file_uri::join(&host, rest));
        Ok(Fate::Keep)
    }
}

fn text_block(text: &str) -> RawNode<'static> {
    RawNode::Json(format!(r#"{{"type":"text","text":{}}}"#, quote(text)))
}

/// Keeps the elements of an array that `fate` keeps.
fn retain<'a>(
    array: &mut RawNode<'a>,
    mut fate: impl FnMut(&mut RawNode<'a>) -> Result<Fate, AcpRefusal>,
) -> Result<(), AcpRefusal> {
    let Some(elements) = array.elements()? else { return Ok(()) };
    let mut kept = Vec::with_capacity(elements.len());
    for mut element in elements.drain(..) {
        if fate(&mut element)? == Fate::Keep {
            kept.push(element);
        }
    }
    *elements = kept;
    Ok(())
}
