//! Secrets in files that an import brings along.
//!
//! [`screen`] classifies a file's values by key and by value. A value that is a
//! secret is left out where the format can be edited safely, else the file is.
//! Formats: [`json`], [`toml`], [`yaml`], [`ini`], [`shell`], [`plain`] text.
//! Detectors: [`key_name`], [`known_token`], [`random`], [`url`],
//! [`private_key`], [`phrase`] (flags, headers, assignments); [`reference`]
//! knows values that only stand for one.

mod allowed;
mod file_format;
mod ini;
mod json;
mod key_name;
mod key_path;
mod known_token;
mod phrase;
mod place;
mod plain;
mod private_key;
mod random;
mod reference;
mod screen;
mod shell;
mod toml;
mod url;
mod value;
mod yaml;

pub use allowed::{AllowedSecret, AllowedSecretError};
pub use screen::{Screened, Screening, screen};
