//! Paths in the code of one file.

/// A path such as `crate::engine::Engine` that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    pub(super) line: usize,
    pub(super) path: Vec<&'a str>,
    pub(super) kind: ReferenceKind<'a>,
}

/// The place of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceKind<'a> {
    /// `use path as name`, private to the file and the modules below it.
    Import(&'a str),
    /// `pub use path as name`, with any visibility.
    Reexport(&'a str),
    /// In an expression, a type or an attribute.
    Inline,
}

/// The name that a glob import stands for.
pub(super) const GLOB: &str = "*";

/// Collects the paths of code without comments and literals.
pub(super) fn references(code: &str) -> Vec<Reference<'_>> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (line, token) = tokens[at];
        let before = at.checked_sub(1).map_or(";", |at| tokens[at].1);
        let after = tokens.get(at + 1).map_or("", |it| it.1);
        if token == "use" && matches!(before, ";" | "{" | "}" | "]" | ")" | "pub") && after != "<" {
            let is_public = matches!(before, ")" | "pub");
            let mut import = Import { tokens: &tokens, at: at + 1, is_public, found: &mut found };
            import.tree(Vec::new());
            at = import.at;
        } else if is_word(token) && after == "::" && !matches!(before, "::" | "." | "in") {
            let mut path = vec![token];
            while tokens.get(at + 1).is_some_and(|it| it.1 == "::") {
                match tokens.get(at + 2) {
                    Some((_, next)) if is_word(next) => path.push(next),
                    _ => break,
                }
                at += 2;
            }
            if path.len() > 1 {
                found.push(Reference { line, path, kind: ReferenceKind::Inline });
            }
        }
        at += 1;
    }
    found
}

/// The parser of one `use` declaration.
struct Import<'t, 'a> {
    tokens: &'t [(usize, &'a str)],
    at: usize,
    is_public: bool,
    found: &'t mut Vec<Reference<'a>>,
}

impl<'a> Import<'_, 'a> {
    /// Reads a tree of paths below a prefix, up to the comma, brace or semicolon
    /// that ends it.
    fn tree(&mut self, mut path: Vec<&'a str>) {
        let mut alias = None;
        let line = self.tokens.get(self.at).map_or(0, |it| it.0);
        while let Some(&(_, token)) = self.tokens.get(self.at) {
            match token {
                "{" => {
                    self.at += 1;
                    while self.tokens.get(self.at).is_some_and(|it| it.1 != "}") {
                        self.tree(path.clone());
                        if self.tokens.get(self.at).is_some_and(|it| it.1 == ",") {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    alias = self.tokens.get(self.at + 1).map(|it| it.1);
                    self.at += 1;
                }
                "," | "}" | ";" => break,
                "self" if !path.is_empty() => {}
                "::" => {}
                _ => path.push(token),
            }
            self.at += 1;
        }
        let Some(name) = alias.or(path.last().copied()) else { return };
        if name == GLOB {
            path.pop();
        }
        let kind = match self.is_public {
            true => ReferenceKind::Reexport(name),
            false => ReferenceKind::Import(name),
        };
        self.found.push(Reference { line, path, kind });
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Words, `::` and single other characters, each with its line.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 128;
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let length = match &bytes[at..] {
            [b':', b':', ..] => 2,
            rest if is_part(&rest[0]) => rest.iter().take_while(|it| is_part(it)).count(),
            _ => 1,
        };
        let token = code.get(at..at + length).unwrap_or_default();
        line += usize::from(token == "\n");
        if !token.trim().is_empty() {
            found.push((line, token));
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[(&str, ReferenceKind<'_>)]) {
        let found = references(code);
        let found: Vec<_> = found.iter().map(|it| (it.path.join("::"), it.kind)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(path, kind)| ((*path).to_owned(), *kind)).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn imports_are_read() {
        use ReferenceKind::{Import, Reexport};

        check("use crate::a::B;", &[("crate::a::B", Import("B"))]);
        check("pub(crate) use a::B as C;", &[("a::B", Reexport("C"))]);
        check(
            "use super::{self, a::{B, C}, d::*};",
            &[
                ("super", Import("super")),
                ("super::a::B", Import("B")),
                ("super::a::C", Import("C")),
                ("super::d", Import("*")),
            ],
        );
    }

    #[test]
    fn inline_paths_are_read() {
        use ReferenceKind::Inline;

        check("fn f(a: crate::a::B) -> u8 { a.b() }", &[("crate::a::B", Inline)]);
        check("let x = a::b::<u8>(c::D::E);", &[("a::b", Inline), ("c::D::E", Inline)]);
        check("pub(in crate::a) fn f() -> impl A + use<> {}", &[]);
    }

    #[test]
    fn lines_are_kept() {
        assert_eq!(references("\nuse a::{\n    b,\n    c,\n};\n")[1].line, 4);
        assert_eq!(references("\n\nlet x = a::b;\n")[0].line, 3);
    }
}
