//! The streams of an editor.

use std::fmt;
use std::io::{Read, Write};

/// The editor's side of the connection.
pub struct AcpStreams {
    /// The messages of the editor.
    pub input: Box<dyn Read + Send>,
    /// The messages for the editor, and nothing else.
    pub output: Box<dyn Write + Send>,
}

impl fmt::Debug for AcpStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcpStreams").finish_non_exhaustive()
    }
}
