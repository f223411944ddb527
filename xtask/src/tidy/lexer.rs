//! Rust source text, split into code, comments and string literals.

/// A comment or a string literal with the line on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) line: usize,
    pub(super) text: String,
}

/// A file of Rust without the items that only tests compile.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexed {
    /// The text with comments, the insides of literals and test items blanked;
    /// lines keep their numbers.
    pub(super) code: String,
    /// Line comments one by one with their slashes, block comments whole.
    pub(super) comments: Vec<Fragment>,
    /// The insides of string literals as they are written.
    pub(super) strings: Vec<Fragment>,
    /// The number of lines that test items take.
    pub(super) test_lines: usize,
}

impl Lexed {
    /// Splits a file.
    pub(super) fn of(text: &str) -> Self {
        let mut lexer = Lexer { bytes: text.as_bytes(), text, ..Lexer::default() };
        while lexer.at < lexer.bytes.len() {
            lexer.step();
        }
        let Lexer { mut code, mut comments, mut strings, .. } = lexer;
        let mut test_lines = 0;
        for range in test_items(&code) {
            let line = |at: usize| 1 + code[..at].iter().filter(|it| **it == b'\n').count();
            let lines = line(range.start)..=line(range.end);
            test_lines += lines.end() - lines.start() + 1;
            comments.retain(|it| !lines.contains(&it.line));
            strings.retain(|it| !lines.contains(&it.line));
            code[range].iter_mut().filter(|it| **it != b'\n').for_each(|it| *it = b' ');
        }
        let code = String::from_utf8_lossy(&code).into_owned();
        Self { code, comments, strings, test_lines }
    }
}

#[derive(Default)]
struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: usize,
    code: Vec<u8>,
    comments: Vec<Fragment>,
    strings: Vec<Fragment>,
}

impl Lexer<'_> {
    /// Takes what begins here: a comment, a literal, or one byte of code.
    fn step(&mut self) {
        let rest = &self.bytes[self.at..];
        match rest {
            [b'/', b'/', ..] => {
                let length = rest.iter().position(|it| *it == b'\n').unwrap_or(rest.len());
                self.comment(length);
            }
            [b'/', b'*', ..] => self.comment(block_comment(rest)),
            [b'"', ..] => self.string(1, plain_string(rest), 1),
            [b'r', ..] if !self.is_in_word() => match raw_string(rest) {
                Some((open, length)) => self.string(open, length, open - 1),
                None => self.keep(1),
            },
            [b'\'', b'\\', ..] => self.blank(char_literal(rest)),
            [b'\'', _, ..] => match self.text[self.at + 1..].char_indices().nth(1) {
                Some((length, '\'')) => self.blank(length + 2),
                _ => self.keep(1),
            },
            _ => self.keep(1),
        }
    }

    /// Whether the byte before belongs to a longer word; the `b` of `br"…"` is
    /// none.
    fn is_in_word(&self) -> bool {
        let is_word = |back: usize| {
            let byte = self.at.checked_sub(back).map(|at| self.bytes[at]);
            byte.is_some_and(|it| it.is_ascii_alphanumeric() || it == b'_')
        };
        let is_prefix = self.at > 0 && self.bytes[self.at - 1] == b'b' && !is_word(2);
        is_word(1) && !is_prefix
    }

    fn keep(&mut self, length: usize) {
        self.code.extend_from_slice(&self.bytes[self.at..self.at + length]);
        self.pass(length);
    }

    fn blank(&mut self, length: usize) {
        let end = (self.at + length).min(self.bytes.len());
        let blanked = self.bytes[self.at..end].iter();
        self.code.extend(blanked.map(|it| if *it == b'\n' { b'\n' } else { b' ' }));
        self.pass(end - self.at);
    }

    fn pass(&mut self, length: usize) {
        let passed = &self.bytes[self.at..self.at + length];
        self.line += passed.iter().filter(|it| **it == b'\n').count();
        self.at += length;
    }

    fn fragment(&self, start: usize, end: usize) -> Fragment {
        let text = self.text.get(start..end.max(start)).unwrap_or_default();
        Fragment { line: self.line + 1, text: text.to_owned() }
    }

    fn comment(&mut self, length: usize) {
        self.comments.push(self.fragment(self.at, self.at + length));
        self.blank(length);
    }

    /// The quotes stay in the code, so that a literal is still visible there.
    fn string(&mut self, open: usize, length: usize, close: usize) {
        let end = self.at + length;
        self.strings.push(self.fragment(self.at + open, end.saturating_sub(close)));
        self.code.push(b'"');
        self.at += 1;
        self.blank(length.saturating_sub(2));
        if self.at < self.bytes.len() {
            self.code.push(b'"');
            self.at += 1;
        }
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a literal with both of its quotes.
fn plain_string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The lengths of `r##"` and of the whole literal.
fn raw_string(rest: &[u8]) -> Option<(usize, usize)> {
    let hashes = rest[1..].iter().take_while(|it| **it == b'#').count();
    let open = hashes + 2;
    if rest.get(hashes + 1) != Some(&b'"') {
        return None;
    }
    let is_end = |window: &[u8]| window[0] == b'"' && window[1..].iter().all(|it| *it == b'#');
    let inside = rest[open..].windows(hashes + 1).position(is_end)?;
    Some((open, open + inside + hashes + 1))
}

fn char_literal(rest: &[u8]) -> usize {
    let end = rest.iter().skip(3).position(|it| *it == b'\'');
    end.map_or(rest.len(), |inside| inside + 4)
}

/// The ranges of `#[cfg(test)]` and the item behind it, in code without
/// literals.
fn test_items(code: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) =
        find(code, at, b"#[cfg(test)]").or_else(|| find(code, at, b"#[cfg(all(test"))
    {
        let end = item_end(code, start);
        found.push(start..end);
        at = end;
    }
    found
}

fn find(code: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    code[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
}

/// Past the attributes from `start` on and the item that has them: behind its
/// semicolon or its closing brace.
fn item_end(code: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut is_attribute = false;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'#' if depth == 0 => is_attribute = true,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *byte == b']' {
                    is_attribute = false;
                }
                if depth == 0 && *byte == b'}' && !is_attribute {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = "let a = \"// no\"; // yes\nlet b = r#\"x \" y\"#;\n/* c */ let d = '\"';\n";
        let lexed = Lexed::of(text);
        assert_eq!(
            lexed.code,
            "let a = \"     \";       \nlet b = \"        \";\n        let d =    ;\n"
        );
        let at = |line, text: &str| Fragment { line, text: text.to_owned() };
        assert_eq!(lexed.comments, [at(1, "// yes"), at(3, "/* c */")]);
        assert_eq!(lexed.strings, [at(1, "// no"), at(2, "x \" y")]);
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        assert_eq!(Lexed::of("fn f<'a>(a: &'a str) {}").code, "fn f<'a>(a: &'a str) {}");
        let characters = Lexed::of("['ü', '\\'', b'\\n', '{']").code;
        assert_eq!(characters.split_whitespace().collect::<String>(), "[,,b,]");
    }

    #[test]
    fn test_items_are_no_code() {
        let code = |text: &str| Lexed::of(text).code.split_whitespace().collect::<String>();
        assert_eq!(code("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}"), {
            "fna(){}fnc(){}"
        });
        assert_eq!(code("#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nfn c() {}"), "fnc(){}");
        let lexed = Lexed::of("#[cfg(test)]\nfn f() {\n    // no\n    g(\"no\");\n}\n");
        assert_eq!((lexed.comments, lexed.strings), (Vec::new(), Vec::new()));
    }
}
