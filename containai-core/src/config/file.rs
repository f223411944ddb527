//! Configuration files: TOML editing that preserves comments and order.

use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Table, Value};

use super::{ConfigError, TextPosition, remove_key};

/// A configuration file, valid TOML before and after every edit.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: PathBuf,
    document: Document<String>,
}

impl ConfigFile {
    /// Parses the text of the file at `path`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] when the text is not TOML.
    pub fn parse(path: impl Into<PathBuf>, text: impl Into<String>) -> Result<Self, ConfigError> {
        let (path, text) = (path.into(), text.into());
        match Document::parse(text.clone()) {
            Ok(document) => Ok(Self { path, document }),
            Err(error) => {
                let byte = error.span().map_or(0, |span| span.start);
                let position = TextPosition::of_byte(&path, &text, byte);
                let line = text.lines().nth(position.line - 1).unwrap_or_default();
                Err(ConfigError::Syntax {
                    text: line.trim().to_owned(),
                    message: error.message().replace('\n', ", "),
                    position,
                })
            }
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the text to write to disk.
    #[must_use]
    pub fn text(&self) -> &str {
        self.document.raw()
    }

    /// Returns the item at a key path, such as `["ssh", "forward_agent"]`.
    #[must_use]
    pub fn get(&self, keys: &[&str]) -> Option<&Item> {
        remove_key::item_at(&self.document, keys)
    }

    /// Sets the value at a key path and creates missing tables.
    ///
    /// Comments are preserved, including the one after the value.
    ///
    /// # Errors
    ///
    /// - [`EditError::NotATable`]: a key in the path already has a value.
    /// - [`EditError::NotAValue`]: a table exists at the path.
    /// - [`EditError::EmptyKey`]: the path or one of its keys is empty.
    pub fn set(&mut self, keys: &[&str], value: impl Into<Value>) -> Result<(), EditError> {
        let (last, parents) = split_last_key(keys)?;
        let mut edited = self.document.clone().into_mut();
        let mut table: &mut dyn toml_edit::TableLike = edited.as_table_mut();
        for key in parents {
            let entry = table.entry(key).or_insert_with(|| {
                let mut parent = Table::new();
                // A table that only contains tables needs no header.
                parent.set_implicit(true);
                Item::Table(parent)
            });
            let not_a_table = || EditError::NotATable { key: (*key).to_owned() };
            table = entry.as_table_like_mut().ok_or_else(not_a_table)?;
        }
        let mut value = value.into();
        match table.get_mut(last) {
            Some(Item::Value(old)) => {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            Some(item) if !item.is_none() => {
                return Err(EditError::NotAValue { key: last.to_owned() });
            }
            _ => {
                table.insert(last, Item::Value(value));
            }
        }
        self.replace_text(&edited.to_string())
    }

    /// Removes the value at a key path and tables that become empty. Returns whether there was a
    /// value.
    ///
    /// Comments on separate lines are preserved.
    ///
    /// # Errors
    ///
    /// - [`EditError::EmptyKey`]: the path or one of its keys is empty.
    /// - [`EditError::NotAValue`]: a table exists at the path.
    pub fn unset(&mut self, keys: &[&str]) -> Result<bool, EditError> {
        let (last, _) = split_last_key(keys)?;
        match self.get(keys) {
            None => return Ok(false),
            Some(Item::Value(_)) => {}
            Some(_) => {
                return Err(EditError::NotAValue { key: last.to_owned() });
            }
        }
        let mut keys = keys;
        while let Some((_, parents)) = keys.split_last() {
            let text = remove_key::text_without_key(&self.document, keys);
            self.replace_text(&text)?;
            let is_empty =
                |item: &Item| item.as_table_like().is_some_and(toml_edit::TableLike::is_empty);
            if parents.is_empty() || !self.get(parents).is_some_and(is_empty) {
                break;
            }
            keys = parents;
        }
        Ok(true)
    }

    /// Replaces the document by parsing the edited text, so that it equals what a reader of the
    /// file sees.
    fn replace_text(&mut self, edited: &str) -> Result<(), EditError> {
        self.document = Document::parse(edited.to_owned())
            .map_err(|error| EditError::InvalidResult { message: error.message().to_owned() })?;
        Ok(())
    }
}

/// An edit failed; the file is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The key path or one of its keys is empty.
    #[error("a key is empty")]
    EmptyKey,
    /// A key in the path is not a table.
    #[error("`{key}` is not a table")]
    NotATable {
        /// The key.
        key: String,
    },
    /// A table exists in place of a value.
    #[error("`{key}` is a table")]
    NotAValue {
        /// The last key.
        key: String,
    },
    /// The edited text is not valid TOML; a bug of the editor, not of the file.
    #[error("the edited file would not be valid TOML: {message}")]
    InvalidResult {
        /// The message of the TOML parser.
        message: String,
    },
}

fn split_last_key<'a, 'b>(keys: &'a [&'b str]) -> Result<(&'b str, &'a [&'b str]), EditError> {
    match keys.split_last() {
        Some((last, parents)) if !keys.contains(&"") => Ok((last, parents)),
        _ => Err(EditError::EmptyKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str =
        "# top\n[agent]\ndefault = \"claude\" # keep?\n\n[ssh]\n  port_range_start = 2300\n";

    fn file(text: &str) -> ConfigFile {
        ConfigFile::parse("/c.toml", text).expect("the test's text is TOML")
    }

    #[test]
    fn setting_keeps_comments_and_order() {
        let mut file = file(TEXT);
        assert_eq!(file.set(&["agent", "default"], "codex"), Ok(()));
        assert_eq!(file.set(&["ssh", "port_range_end"], 2600), Ok(()));
        assert_eq!(file.set(&["workspace", "/a.b", "data_volume"], "v"), Ok(()));
        insta::assert_snapshot!(file.text(), @r#"
        # top
        [agent]
        default = "codex" # keep?

        [ssh]
          port_range_start = 2300
        port_range_end = 2600

        [workspace."/a.b"]
        data_volume = "v"
        "#);
    }

    #[test]
    fn unsetting_drops_empty_tables() {
        let mut file = file(TEXT);
        assert_eq!(file.unset(&["agent", "default"]), Ok(true));
        assert_eq!(file.unset(&["agent", "default"]), Ok(false));
        insta::assert_snapshot!(file.text(), @r"
        # top

        [ssh]
          port_range_start = 2300
        ");
    }

    #[test]
    fn unsetting_keeps_comments() {
        let check = |text: &str, keys: &[&str], expected: &str| {
            let mut file = file(text);
            assert_eq!(file.unset(keys), Ok(true), "{text:?}");
            assert_eq!(file.text(), expected, "{text:?}");
        };
        let key = ["agent", "default"];
        check("# a\n[agent]\n# b\ndefault = 'x' # c\n# d\n[ssh]\n", &key, "# a\n# b\n# d\n[ssh]\n");
        check("agent.default = 'x'\n# a", &key, "# a");
        check("agent = { default = 'x', y = 1 } # a", &key, "agent = { y = 1 } # a\n");
        check("# a\nagent = { default = 'x' }\nb = 1", &key, "# a\nb = 1\n");
        check("[ssh]\nf = [\n 1, # a\n]\ng = 2\n", &["ssh", "f"], "[ssh]\ng = 2\n");
        check("[a.b]\nc = 1\n[d]\n", &["a", "b", "c"], "[d]\n");
    }

    #[test]
    fn refuses_edits_that_would_lose_data() {
        let mut file = file("agent = \"claude\"\n[ssh]\n");
        let not_a_table = EditError::NotATable { key: "agent".to_owned() };
        assert_eq!(file.set(&["agent", "default"], "x"), Err(not_a_table));
        let not_a_value = EditError::NotAValue { key: "ssh".to_owned() };
        assert_eq!(file.set(&["ssh"], "x"), Err(not_a_value.clone()));
        assert_eq!(file.unset(&["ssh"]), Err(not_a_value));
        assert_eq!(file.set(&["agent", ""], "x"), Err(EditError::EmptyKey));
        assert_eq!(file.text(), "agent = \"claude\"\n[ssh]\n");
    }

    #[test]
    fn syntax_errors_report_their_position() {
        let error = ConfigFile::parse("/c.toml", "a = 1\nb = = 2\n").map_err(|e| e.to_string());
        insta::assert_snapshot!(error.expect_err("the text is no TOML"), @"`/c.toml:2:5` is not valid TOML: extra `=`, expected nothing at `b = = 2`");
    }

    proptest! {
        #[test]
        fn set_values_can_be_read_and_unset(keys in prop::collection::vec("[a-z./\" é]{1,6}", 1..4), value in ".*") {
            let mut file = file(TEXT);
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            if file.set(&keys, value.as_str()).is_ok() {
                prop_assert_eq!(file.get(&keys).and_then(Item::as_str), Some(value.as_str()));
                prop_assert_eq!(file.unset(&keys), Ok(true));
                prop_assert!(file.get(&keys).is_none());
            }
        }

        #[test]
        fn parsing_never_panics(text in "(?s)[\\[\\]=a-z\"'.\n#]*|.*") {
            let _ = ConfigFile::parse("/c.toml", text);
        }
    }

    #[test]
    fn error_messages() {
        let samples = crate::samples!(EditError {
            EmptyKey: [EditError::EmptyKey],
            NotATable: [EditError::NotATable { key: "agent".into() }],
            NotAValue: [EditError::NotAValue { key: "ssh".into() }],
            InvalidResult: [EditError::InvalidResult { message: "duplicate key".into() }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
    }
}
