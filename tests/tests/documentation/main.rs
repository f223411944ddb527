//! The documents are true: their commands run, and their examples are valid.

mod commands;
mod manifest;
