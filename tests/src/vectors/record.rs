//! One line of a file of vectors.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::report::Verdict;

/// A recorded call.
pub(super) struct Record {
    pub(super) function: String,
    pub(super) input: Value,
    pub(super) output: Value,
    pub(super) exit: i64,
}

impl Record {
    /// Parses a line.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let line: Value = serde_json::from_str(line)?;
        let function = line["fn"].as_str().context("the record names no `fn`")?;
        // The rule in the documents takes precedence over the recorded output, which depends on the
        // locale of the recording.
        let output = line.get("ascii_doc_rule").unwrap_or(&line["output"]);
        Ok(Self {
            function: function.to_owned(),
            input: decoded(&line["input"])?,
            output: decoded(output)?,
            exit: line["exit"].as_i64().context("the record has no `exit`")?,
        })
    }

    /// Compares our answer.
    pub(super) fn compare(&self, output: impl Into<Value>, exit: i64) -> Verdict {
        let output = output.into();
        if output == self.output && exit == self.exit {
            Verdict::Matches
        } else {
            Verdict::Differs(format!("{output} and exit {exit}"))
        }
    }

    /// Compares an answer that is only accepted or rejected.
    pub(super) fn compare_accepted(&self, is_accepted: bool) -> Verdict {
        self.compare("", i64::from(!is_accepted))
    }

    /// Returns the text at a key of the input.
    pub(super) fn text(&self, key: &str) -> Result<&str> {
        let text = self.input[key].as_str();
        text.with_context(|| format!("the input has no text `{key}`"))
    }

    /// Returns the input, if it is a text.
    pub(super) fn whole_text(&self) -> Result<&str> {
        self.input.as_str().context("the input is no text")
    }

    /// Returns the number at a key of the input.
    pub(super) fn number(&self, key: &str) -> Result<u64> {
        let number = self.input[key].as_u64();
        number.with_context(|| format!("the input has no number `{key}`"))
    }

    /// Returns the texts at a key of the input.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&str>> {
        let array = self.input[key].as_array();
        let array = array.with_context(|| format!("the input has no list `{key}`"))?;
        let texts: Option<Vec<_>> = array.iter().map(Value::as_str).collect();
        texts.with_context(|| format!("`{key}` holds other than texts"))
    }
}

/// Replaces every `{"b64": …}` by its text; invalid UTF-8 becomes U+FFFD.
fn decoded(value: &Value) -> Result<Value> {
    Ok(match value {
        Value::Object(map) => match (map.len(), map.get("b64").and_then(Value::as_str)) {
            (1, Some(text)) => String::from_utf8_lossy(&base64(text)?).into_owned().into(),
            _ => {
                let fields = map.iter().map(|(key, value)| Ok((key.clone(), decoded(value)?)));
                Value::Object(fields.collect::<Result<_>>()?)
            }
        },
        Value::Array(items) => items.iter().map(decoded).collect::<Result<Vec<_>>>()?.into(),
        other => other.clone(),
    })
}

/// Decodes base64 (RFC 4648 §4).
fn base64(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => bail!("`{text}` is not base64"),
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff)?);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_rules_take_precedence_and_bytes_are_decoded() -> Result<()> {
        let line = r#"{"fn":"f","input":{"a":{"b64":"aMOpbGxv"}},"output":"x","ascii_doc_rule":"y","exit":0}"#;
        let record = Record::parse(line)?;
        assert_eq!(record.text("a")?, "héllo");
        assert_eq!(record.output, "y");
        Ok(())
    }
}
