//! JSON whose unknown parts are kept as text.

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::AcpRefusal;

/// A JSON value. Only the parts that were looked at are parsed; all others are written as they were
/// read.
#[derive(Debug)]
pub(super) enum RawNode<'a> {
    /// A value as it was read.
    Raw(&'a RawValue),
    /// A new value, as JSON text.
    Json(String),
    /// An object, its members in order. No key occurs twice.
    Object(Vec<(String, Self)>),
    /// An array.
    Array(Vec<Self>),
}

impl<'a> RawNode<'a> {
    /// Parses an object.
    pub(super) fn parse_object(text: &'a str) -> Result<Self, AcpRefusal> {
        let raw =
            serde_json::from_str(text).map_err(|_| AcpRefusal::Malformed("it is not JSON"))?;
        let mut node = Self::Raw(raw);
        node.expand()?;
        match node {
            Self::Object(_) => Ok(node),
            _ => Err(AcpRefusal::Malformed("it is not an object")),
        }
    }

    /// Creates a string.
    pub(super) fn text(text: &str) -> Self {
        Self::Json(quote(text))
    }

    /// Returns the member of an object; `None` without one, and for other values.
    pub(super) fn member(&mut self, key: &str) -> Result<Option<&mut Self>, AcpRefusal> {
        self.expand()?;
        Ok(match self {
            Self::Object(members) => {
                members.iter_mut().find(|member| member.0 == key).map(|member| &mut member.1)
            }
            _ => None,
        })
    }

    /// Returns the value at a JSON pointer (RFC 6901) that contains neither `~` nor indexes.
    pub(super) fn at(&mut self, pointer: &str) -> Result<Option<&mut Self>, AcpRefusal> {
        let mut node = self;
        for key in pointer.split('/').skip(1) {
            match node.member(key)? {
                Some(member) => node = member,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    /// Removes a member of an object.
    pub(super) fn remove(&mut self, key: &str) -> Result<(), AcpRefusal> {
        self.expand()?;
        if let Self::Object(members) = self {
            members.retain(|member| member.0 != key);
        }
        Ok(())
    }

    /// Returns the elements of an array; `None` for other values.
    pub(super) fn elements(&mut self) -> Result<Option<&mut Vec<Self>>, AcpRefusal> {
        self.expand()?;
        Ok(match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        })
    }

    /// Returns the string; `None` for other values, and for text that is not Unicode.
    pub(super) fn as_text(&self) -> Option<String> {
        match self {
            Self::Raw(raw) => serde_json::from_str(raw.get()).ok(),
            Self::Json(json) => serde_json::from_str(json).ok(),
            _ => None,
        }
    }

    /// Returns the string of a member; `None` without one.
    pub(super) fn text_of(&mut self, key: &str) -> Result<Option<String>, AcpRefusal> {
        Ok(self.member(key)?.and_then(|node| node.as_text()))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Raw(raw) if raw.get() == "null")
    }

    /// Returns the JSON text, without a line feed.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
    }

    fn write(&self, json: &mut String) {
        match self {
            Self::Raw(raw) => json.push_str(raw.get()),
            Self::Json(text) => json.push_str(text),
            Self::Object(members) => {
                json.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    json.push_str(&quote(key));
                    json.push(':');
                    value.write(json);
                }
                json.push('}');
            }
            Self::Array(elements) => {
                json.push('[');
                for (at, value) in elements.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    value.write(json);
                }
                json.push(']');
            }
        }
    }

    /// Parses one level of an object or an array.
    fn expand(&mut self) -> Result<(), AcpRefusal> {
        let Self::Raw(raw) = self else { return Ok(()) };
        let text: &'a str = raw.get();
        *self = match text.as_bytes().first() {
            Some(b'{') => Self::Object(members(text)?),
            Some(b'[') => {
                let elements: Vec<&'a RawValue> =
                    serde_json::from_str(text).map_err(|_| AcpRefusal::Malformed("an array"))?;
                Self::Array(elements.into_iter().map(Self::Raw).collect())
            }
            _ => return Ok(()),
        };
        Ok(())
    }
}

/// Quotes a string as JSON.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Parses the members of an object. Programs disagree about which of two equal keys counts, so that
/// one of them could escape a check.
fn members(text: &str) -> Result<Vec<(String, RawNode<'_>)>, AcpRefusal> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(MembersVisitor);
    let members = members.map_err(|_| AcpRefusal::Malformed("an object"))?;
    let mut keys: Vec<_> = members.iter().map(|member| &member.0).collect();
    keys.sort_unstable();
    match keys.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(AcpRefusal::Malformed("a key occurs twice")),
        false => Ok(members),
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, RawNode<'de>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
            members.push((key, RawNode::Raw(value)));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_are_kept() {
        let text = r#"{ "a" : { "n": 1.50e+400, "big":123456789012345678901234567890 }, "p":"\u002fx" , "l":[ 1, {"a":1,"a":2}]}"#;
        let mut node = RawNode::parse_object(text).expect("an object");
        assert_eq!(node.text_of("p"), Ok(Some("/x".into())));
        *node.member("p").expect("fine").expect("a member") = RawNode::text("/\"\n");
        assert_eq!(
            node.to_json(),
            r#"{"a":{ "n": 1.50e+400, "big":123456789012345678901234567890 },"p":"/\"\n","l":[ 1, {"a":1,"a":2}]}"#
        );
    }

    #[test]
    fn members_are_found_by_pointer() {
        let mut node =
            RawNode::parse_object(r#"{"a":{"b":[1,{"c":"x"}]},"n":null}"#).expect("fine");
        assert!(node.at("/n").expect("fine").expect("a value").is_null());
        assert!(node.at("/a/x/y").expect("fine").is_none());
        let elements = node.at("/a/b").expect("fine").expect("a value").elements();
        elements.expect("fine").expect("an array").remove(0);
        node.at("/a").expect("fine").expect("a value").remove("z").expect("fine");
        assert_eq!(node.to_json(), r#"{"a":{"b":[{"c":"x"}]},"n":null}"#);
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in ["", "x", "[]", "1", "{", r#"{"a":1,"\u0061":2}"#, "{} {}", r#"{"a":01}"#] {
            assert!(RawNode::parse_object(text).is_err(), "{text}");
        }
        let mut node = RawNode::parse_object(r#"{"a":{"b":1,"b":2},"t":"\ud800"}"#).expect("fine");
        assert!(node.at("/a/b").is_err());
        assert_eq!(node.text_of("t"), Ok(None));
    }
}
