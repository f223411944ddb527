//! Detection and removal of secrets in imported files.
//!
//! [`screen`] classifies the values of a file by key and by value. A secret value is
//! removed if the format can be edited safely; otherwise the file is withheld.
//!
//! - formats: [`json`], [`toml`], [`yaml`], [`ini`], [`shell`], [`plain`] text
//! - detectors: [`key_name`], [`known_token`], [`random`], [`url`], [`private_key`],
//!   [`phrase`] (flags, headers, assignments)
//! - [`reference`]: values that refer to a secret or are placeholders

mod allowed;
mod file_format;
mod file_origin;
mod ini;
mod json;
mod key_name;
mod key_path;
mod known_token;
mod phrase;
mod plain;
mod private_key;
mod private_path;
mod random;
mod reference;
mod screen;
mod secret_filter;
mod shell;
mod toml;
mod url;
mod value;
mod yaml;

pub use allowed::{AllowedSecret, AllowedSecretError};
pub(super) use file_format::is_shell_file;
pub use private_path::is_private_path;
pub use screen::{Screened, Screening, screen};
pub(super) use shell::LineState;
