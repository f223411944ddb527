//! Preparing the content of a file for a container.

use containai_core::import::{Screened, Screening, WithheldParts, adapt_to_container, screen};

/// A file that is prepared for a container.
pub(super) struct PreparedFile {
    /// The content to import; `None` to withhold the file.
    pub(super) content: Option<Vec<u8>>,
    /// The parts that are left out; `None` if the content is that of the file.
    pub(super) withheld: Option<WithheldParts>,
}

/// Removes settings that only work on the host, and secrets.
pub(super) fn prepare_file(screening: Screening<'_>, bytes: Vec<u8>) -> PreparedFile {
    let adapted = adapt_to_container(screening.path, &bytes);
    let (bytes, settings) = match adapted {
        Some(adapted) => (adapted.content, adapted.removed),
        None => (bytes, Vec::new()),
    };
    let (content, keys) = match screen(screening, &bytes) {
        Screened::Clean => (Some(bytes), Vec::new()),
        Screened::Edited { content, keys } => (Some(content), keys),
        Screened::Withheld { keys } => (None, keys),
    };
    let parts = WithheldParts { keys, settings, is_whole_file: content.is_none() };
    let withheld = (parts != WithheldParts::default()).then_some(parts);
    PreparedFile { content, withheld }
}
