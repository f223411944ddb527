//! Values that refer to a secret.

use super::key_name::{KeyMeaning, key_meaning};

/// Words that programs accept in place of a secret.
const PLACEHOLDER_WORDS: &[&str] = &[
    "none",
    "null",
    "nil",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "auto",
    "default",
    "env",
    "environment",
    "keychain",
    "keyring",
    "file",
    "oauth",
    "oauth2",
    "basic",
    "bearer",
    "string",
    "required",
    "optional",
    "never",
    "always",
    "chatgpt",
    "apikey",
    "api_key",
    "api-key",
    "token",
    "password",
    "secret",
    "include",
    "omit",
    "same-origin",
    "local",
    "undefined",
    "unset",
    "redacted",
    "proxy-managed",
    "dummy",
    "example",
    "changeme",
    "todo",
    "ollama",
    "lm-studio",
    "not-needed",
];
/// Prefixes of references to secret stores.
const STORE_PREFIXES: &[&str] = &[
    "op://",
    "keychain:",
    "keyring:",
    "env:",
    "vault:",
    "awssm:",
    "secretref:",
    "doppler:",
    "bw:",
    "pass:",
    "file:",
    "cmd:",
    "$env:",
    "process.env",
    "os.environ",
    "os.getenv",
    "vim.env",
    "env(",
    "getenv",
];
/// Parts of sample values in documentation.
const SAMPLE_PARTS: &[&str] = &[
    "your",
    "example",
    "xxxx",
    "placeholder",
    "****",
    "....",
    "....",
    "<",
    "insert",
    "replace",
    "redacted",
    "changeme",
    "dummy",
    "sample",
    "1234567890",
    "abcdef",
    "123456789",
    "foobar",
    "…",
    "fixme",
    "my-token",
    "mytoken",
    "my_token",
    "my-api-key",
    "test-key",
    "test_key",
];

/// Returns whether a value refers to a secret: a variable, a command, an entry of a
/// store, a path, or an empty value.
pub(super) fn is_reference(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let small = value.to_lowercase();
    value.is_empty()
        || PLACEHOLDER_WORDS.contains(&small.as_str())
        || STORE_PREFIXES.iter().any(|store| small.starts_with(store))
        || is_expansion(value)
        || ["~/", "./", "../"].iter().any(|start| value.starts_with(start))
        || is_absolute_path(value)
        || value.chars().all(|c| !c.is_alphanumeric())
        || value.starts_with('<') && value.ends_with('>')
        || is_variable(value)
}

/// Returns whether a value is the name of a variable that contains the secret.
fn is_variable(value: &str) -> bool {
    value.contains('_')
        && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && !value.starts_with(|c: char| c.is_ascii_digit())
        && key_meaning(value) == KeyMeaning::Secret
}

/// Returns whether a value is a sample from documentation.
pub(super) fn is_sample(value: &str) -> bool {
    let small = value.to_lowercase();
    let is_uniform = |part: &str| {
        let first = part.chars().next();
        part.len() > 3 && part.chars().all(|c| Some(c) == first)
    };
    SAMPLE_PARTS.iter().any(|sample| small.contains(sample))
        || small.split(['-', '_']).any(is_uniform)
}

/// Returns whether a value consists of one of `$X`, `${X}`, `$(x)`, `` `x` ``, `%X%`,
/// `{env:X}` and `{{ x }}`.
fn is_expansion(value: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
    };
    let between = |open: &str, close: &str| {
        value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
    };
    if value.strip_prefix('$').is_some_and(is_name) || between("%", "%").is_some_and(is_name) {
        return true;
    }
    if let Some(inside) = between("${", "}") {
        // The default after `:-` is used if the variable is unset.
        return match inside.split_once(":-").or_else(|| inside.split_once(":=")) {
            Some((name, other)) => is_name(name) && is_reference(other),
            None => is_name(inside.trim_matches(['?', '{', '}', ' '])),
        };
    }
    let command = between("$(", ")").or_else(|| between("`", "`"));
    if let Some(command) = command {
        return !prints_literal(command);
    }
    between("{", "}").is_some_and(|inside| {
        let inside = inside.trim_matches(['{', '}', ' ']);
        inside.starts_with("env:") || inside.starts_with("file:") || is_name(inside)
    })
}

/// Returns whether a command prints one of its arguments.
pub(super) fn prints_literal(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    matches!(program, "echo" | "printf" | "print")
        && words.any(|word| !word.starts_with(['-', '$', '%']) && !is_reference(word))
}

fn is_absolute_path(value: &str) -> bool {
    let parts: Vec<&str> =
        value.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
    parts.len() > 1
        && parts.iter().all(|part| {
            !super::random::is_random(part)
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._- @~".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_samples_are_recognized() {
        for value in [
            "",
            "$TOKEN",
            "${TOKEN}",
            "${TOKEN:-}",
            "$(pass show x)",
            "`gh auth token`",
            "{env:X}",
            "${input:key}",
            "${env:X}",
            "op://vault/item",
            "~/.token",
            "/run/secrets/x",
            "none",
            "<token>",
            "********",
            "{{ token }}",
            "%TOKEN%",
            "keyring",
        ] {
            assert!(is_reference(value), "{value}");
        }
        for value in ["hunter2", "sk-1", "${X:-hunter2}", "$(echo hunter2)", "a$b", "p4ss word"] {
            assert!(!is_reference(value), "{value}");
        }
        assert!(is_sample("sk-xxxxxxxx") && is_sample("your-key") && !is_sample("sk-Ab9"));
        assert!(prints_literal("echo CANARY3") && !prints_literal("/usr/bin/key --get x"));
    }
}
