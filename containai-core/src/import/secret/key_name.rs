//! Classification of key names.

/// The meaning of a key name for its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyMeaning {
    /// A secret, regardless of the value.
    Secret,
    /// A secret if the value looks like one.
    Possible,
    /// A program that prints a secret.
    Command,
    /// An identifier or a checksum, however random the value looks.
    Identifier,
    /// No meaning.
    Nothing,
}

/// Words that make a name the name of a secret.
const SECRET_WORDS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "bearer",
    "authorization",
    "authtoken",
    "accesstoken",
    "oauthtoken",
    "refreshtoken",
    "secretkey",
    "accesskey",
    "privatekey",
    "clientsecret",
    "smtppass",
    "userpass",
    "keypass",
    "storepass",
    "pgpassword",
    "apitoken",
    "mnemonic",
    "passcode",
    "apisecret",
    "bearertoken",
    "authkey",
    "userpassword",
    "credstring",
];
/// Words that make a name the name of a secret if followed by `key`.
const WORDS_BEFORE_KEY: &[&str] = &[
    "api",
    "access",
    "private",
    "secret",
    "auth",
    "account",
    "master",
    "encryption",
    "deploy",
    "service",
    "subscription",
    "client",
    "admin",
    "app",
    "license",
    "session",
    "shared",
];
/// Words that make a name the name of a secret if followed by `pass`.
const WORDS_BEFORE_PASS: &[&str] =
    &["smtp", "imap", "db", "user", "mail", "proxy", "ftp", "http", "basic"];
/// Last words of names whose value may be a secret.
const POSSIBLE_WORDS: &[&str] = &[
    "tokens",
    "secrets",
    "passwords",
    "credential",
    "credentials",
    "cookie",
    "cookies",
    "auth",
    "pass",
    "key",
    "keys",
    "pat",
    "jwt",
    "session",
    "pwd",
    "dsn",
    "otp",
    "totp",
    "seed",
    "psk",
    "apikeys",
    "webhook",
    "xapikey",
];
/// Last words of names for metadata of a secret.
const METADATA_WORDS: &[&str] = &[
    "count",
    "counts",
    "limit",
    "limits",
    "max",
    "min",
    "budget",
    "usage",
    "used",
    "length",
    "size",
    "window",
    "type",
    "types",
    "url",
    "uri",
    "endpoint",
    "path",
    "paths",
    "file",
    "files",
    "dir",
    "directory",
    "name",
    "names",
    "env",
    "var",
    "vars",
    "envvar",
    "variable",
    "expiry",
    "expires",
    "expiration",
    "at",
    "ttl",
    "timeout",
    "format",
    "prefix",
    "suffix",
    "style",
    "color",
    "colors",
    "theme",
    "enabled",
    "disabled",
    "required",
    "provider",
    "providers",
    "store",
    "storage",
    "mode",
    "scheme",
    "method",
    "methods",
    "field",
    "label",
    "description",
    "hint",
    "prompt",
    "placeholder",
    "title",
    "policy",
    "rotation",
    "scope",
    "scopes",
    "mask",
    "manager",
    "generator",
    "status",
    "kind",
    "index",
    "interval",
    "ms",
    "seconds",
    "in",
    "cost",
    "costs",
    "price",
    "rate",
    "per",
    "estimate",
    "threshold",
    "ratio",
    "binding",
    "bindings",
    "map",
    "source",
    "sources",
    "reserve",
    "header",
    "backend",
    "exists",
    "visible",
    "shown",
    "seen",
    "settings",
    "options",
];
const COMMAND_WORDS: &[&str] = &["helper", "command", "cmd", "script", "program", "exec"];
const IDENTIFIER_WORDS: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "guid",
    "hash",
    "digest",
    "checksum",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "commit",
    "rev",
    "ref",
    "revision",
    "etag",
    "integrity",
    "resolved",
    "version",
    "fingerprint",
    "build",
    "fsid",
    "nonce",
    "public",
    "pubkey",
    "cert",
    "certificate",
    "icon",
    "logo",
    "image",
    "svg",
    "png",
    "avatar",
    "model",
    "models",
    "schema",
    "oid",
    "tree",
    "cursor",
    "signature",
    "sig",
    "signingkey",
    "salt",
    "machine",
    "device",
    "stamp",
    "userid",
    "sessionid",
];

/// Classifies a name; the last words take precedence.
pub(super) fn key_meaning(name: &str) -> KeyMeaning {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The working directory of a shell.
    if matches!(words.as_slice(), ["pwd"] | ["oldpwd"] | ["old", "pwd"] | ["init", "cwd"]) {
        return KeyMeaning::Nothing;
    }
    let Some(last) = words.last() else { return KeyMeaning::Nothing };
    let pair = |first: &str, second: &str| match second {
        "key" => WORDS_BEFORE_KEY.contains(&first),
        "pass" => WORDS_BEFORE_PASS.contains(&first),
        "string" => first == "connection",
        _ => false,
    };
    let is_secret = words.iter().any(|word| SECRET_WORDS.contains(word))
        || words.windows(2).any(|two| pair(two[0], two[1]));
    if COMMAND_WORDS.contains(last) && (is_secret || words.contains(&"credential")) {
        return KeyMeaning::Command;
    }
    // Public keys are not secret. `AWS_ACCESS_KEY_ID` is half of a secret.
    if words.windows(2).any(|two| matches!(two, ["public", "key"] | ["signing", "key"])) {
        return KeyMeaning::Identifier;
    }
    if IDENTIFIER_WORDS.contains(last) {
        return KeyMeaning::Identifier;
    }
    if METADATA_WORDS.contains(last)
        || matches!(words.first(), Some(&("max" | "min" | "num" | "total")))
    {
        return KeyMeaning::Nothing;
    }
    if is_secret {
        return KeyMeaning::Secret;
    }
    if POSSIBLE_WORDS.contains(last) { KeyMeaning::Possible } else { KeyMeaning::Nothing }
}

/// Returns the words of a `snake_case`, `kebab-case` or `camelCase` name in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_alphanumeric() {
            let is_hump = c.is_uppercase()
                && (before.is_lowercase()
                    || before.is_ascii_digit()
                    || before.is_uppercase()
                        && characters.peek().is_some_and(|c| c.is_lowercase()));
            match words.last_mut() {
                Some(word) if before.is_alphanumeric() && !is_hump => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_classified() {
        use KeyMeaning::{Command, Identifier, Nothing, Possible, Secret};
        for (expected, names) in [
            (
                Secret,
                "primaryApiKey ANTHROPIC_AUTH_TOKEN experimental_bearer_token apiKey api_key \
                 GITHUB_PERSONAL_ACCESS_TOKEN OPENAI_API_KEY apikey secret password Authorization \
                 X-Api-Key client_secret //registry.npmjs.org/:_authToken smtpPass AWS_SECRET_ACCESS_KEY \
                 private_key openai-api-key access_token oauthToken db.password PGPASSWORD \
                 http-basic-password tokenValue",
            ),
            (Possible, "STRIPE_KEY auth _auth cookie approved_tokens GITHUB_PAT keys"),
            (Command, "apiKeyHelper password_command token-cmd credential_helper"),
            (Identifier, "userID lastSessionId sha256 commit integrity publicKey access_key_id"),
            (
                Nothing,
                "maxTokens max_tokens token_limit tokenizer author env_key_name api_key_env_var PWD \
                 OLDPWD theme keybindings tokenUrl password_file model_provider tokenColors monkey \
                 preferred_auth_method cli_auth_credentials_store apiKeySource passwordStore keyboard \
                 selectedAuthType compass bypass-permissions tokens_used",
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(key_meaning(name), expected, "{name}");
            }
        }
    }
}
