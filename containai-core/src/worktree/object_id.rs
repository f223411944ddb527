use serde::{Deserialize, Serialize};

/// The name of an object: 40 hexadecimal digits of SHA-1, or 64 of SHA-256.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(String);

impl ObjectId {
    /// Parses lower-case hexadecimal digits; `None` for any other text, and for the null
    /// object name, which is all zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let is_some = text.bytes().any(|it| it != b'0');
        (matches!(text.len(), 40 | 64) && is_hex && is_some).then(|| Self(text.to_owned()))
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the null object name of the same length.
    #[must_use]
    pub fn null_like(&self) -> String {
        "0".repeat(self.0.len())
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("invalid object name")
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_hex_digits_only() {
        for good in ["1".repeat(40), "0f".repeat(32)] {
            assert!(ObjectId::parse(&good).is_some(), "{good}");
        }
        for bad in ["1".repeat(39), "0".repeat(40), "F".repeat(40), format!("{}\n", "1".repeat(39))]
        {
            assert!(ObjectId::parse(&bad).is_none(), "{bad}");
        }
    }
}
