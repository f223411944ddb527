//! `runArgs`: arguments of `docker run`.

mod argument;
mod table;
mod translate;

pub(super) use argument::RunArguments;
pub(super) use translate::{ArgumentContext, TranslatedArguments, translate};
