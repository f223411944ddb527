//! The envelope of a message, JSON-RPC 2.0.

use super::error::AcpRefusal;
use super::raw_json::{RawNode, quote};

/// The kind of a message. Ids are JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MessageKind {
    Request { id: String, method: String },
    Notification { method: String },
    Response { id: String },
}

impl MessageKind {
    /// Reads the envelope.
    pub(super) fn of(message: &mut RawNode<'_>) -> Result<Self, AcpRefusal> {
        let id = message.member("id")?.map(|id| id.to_json());
        let is_response = message.member("result")?.is_some() || message.member("error")?.is_some();
        let method = match message.member("method")? {
            None => None,
            Some(method) => match method.as_text() {
                Some(method) => Some(method),
                None => return Err(AcpRefusal::Malformed("`method` is not a string")),
            },
        };
        match (method, id, is_response) {
            (Some(method), Some(id), false) => Ok(Self::Request { id, method }),
            (Some(method), None, false) => Ok(Self::Notification { method }),
            (None, Some(id), true) => Ok(Self::Response { id }),
            (Some(_), _, true) => Err(AcpRefusal::Malformed("it is a request and a response")),
            (None, ..) => Err(AcpRefusal::Malformed("it has no `method`")),
        }
    }
}

/// Returns the response that refuses a request.
pub(super) fn error_response(id: &str, refusal: &AcpRefusal) -> String {
    let (code, message) = (refusal.code(), quote(&refusal.to_string()));
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}}}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_from_the_members() {
        let check = |text: &str, expected: Option<MessageKind>| {
            let kind = RawNode::parse_object(text).and_then(|mut it| MessageKind::of(&mut it));
            assert_eq!(kind.ok(), expected, "{text}");
        };
        let (id, method) = (|| r#""a""#.to_owned(), || "m".to_owned());
        check(
            r#"{"id":"a","method":"m"}"#,
            Some(MessageKind::Request { id: id(), method: method() }),
        );
        check(r#"{"method":"m"}"#, Some(MessageKind::Notification { method: method() }));
        check(r#"{"id":"a","result":null}"#, Some(MessageKind::Response { id: id() }));
        check(r#"{"id":"a","error":{}}"#, Some(MessageKind::Response { id: id() }));
        for text in [
            r#"{"id":1,"method":"m","result":1}"#,
            r#"{"id":1}"#,
            r#"{"method":1}"#,
            r#"{"result":1}"#,
        ] {
            check(text, None);
        }
    }
}
