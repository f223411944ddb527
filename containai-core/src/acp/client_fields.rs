//! The fields of the editor's messages that are paths or capabilities.

use super::error::AcpRefusal;
use super::file_uri;
use super::path_map::{AcpPathMap, AcpRealPath};
use super::raw_json::RawNode;
use crate::config::escape_control;

/// Rewrites the paths of the editor's messages.
pub(super) struct ClientFields<'m> {
    pub(super) map: &'m mut AcpPathMap,
    pub(super) real_path: &'m AcpRealPath<'m>,
    /// The notice for the user.
    pub(super) notices: &'m mut Vec<String>,
}

impl ClientFields<'_> {
    /// Rewrites the fields of a request.
    pub(super) fn rewrite(
        &mut self,
        method: &str,
        message: &mut RawNode<'_>,
    ) -> Result<(), AcpRefusal> {
        match method {
            "session/new" | "session/load" | "session/resume" | "session/fork" => {
                self.path_at(message, "/params/cwd")?;
                if let Some(directories) = message.at("/params/additionalDirectories")? {
                    for directory in directories.elements()?.into_iter().flatten() {
                        self.path(directory)?;
                    }
                }
                self.drop_host_programs(message)
            }
            "session/list" => self.path_at(message, "/params/cwd"),
            "session/prompt" => {
                let Some(prompt) = message.at("/params/prompt")? else { return Ok(()) };
                for block in prompt.elements()?.into_iter().flatten() {
                    self.uri_at(block, "/uri")?;
                    self.uri_at(block, "/resource/uri")?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn path_at(&mut self, message: &mut RawNode<'_>, pointer: &str) -> Result<(), AcpRefusal> {
        match message.at(pointer)? {
            Some(node) if !node.is_null() => self.path(node),
            _ => Ok(()),
        }
    }

    fn path(&mut self, node: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        let path = node.as_text().ok_or(AcpRefusal::Malformed("a path is not a string"))?;
        *node = RawNode::text(&self.inside(&path)?);
        Ok(())
    }

    fn uri_at(&mut self, block: &mut RawNode<'_>, pointer: &str) -> Result<(), AcpRefusal> {
        let Some(node) = block.at(pointer)? else { return Ok(()) };
        let Some(uri) = node.as_text() else { return Ok(()) };
        if uri.starts_with('/') {
            return self.path(node);
        }
        if !file_uri::is_file(&uri) {
            return Ok(());
        }
        let outside = || AcpRefusal::Outside { path: uri.clone(), root: self.map.host_roots() };
        let (path, rest) =
            file_uri::split(&uri).filter(|_| file_uri::is_local(&uri)).ok_or_else(outside)?;
        *node = RawNode::text(&file_uri::join(&self.inside(&path)?, rest));
        Ok(())
    }

    fn inside(&mut self, path: &str) -> Result<String, AcpRefusal> {
        let inside = self.map.to_inside(path, self.real_path);
        inside.ok_or_else(|| AcpRefusal::Outside {
            path: path.to_owned(),
            root: self.map.host_roots(),
        })
    }

    /// Removes the MCP servers that are programs of the host.
    fn drop_host_programs(&mut self, message: &mut RawNode<'_>) -> Result<(), AcpRefusal> {
        let Some(servers) = message.at("/params/mcpServers")? else { return Ok(()) };
        let Some(servers) = servers.elements()? else { return Ok(()) };
        let mut kept = Vec::new();
        for mut server in servers.drain(..) {
            let is_program = server.text_of("type")?.is_none_or(|kind| kind == "stdio");
            if !is_program {
                kept.push(server);
                continue;
            }
            let name = server.text_of("name")?.unwrap_or_default();
            self.notices.push(format!(
                "the MCP server `{}` is a program of this machine, which the container does not have: it was left out",
                escape_control(&name)
            ));
        }
        *servers = kept;
        Ok(())
    }
}
