/// Whether a stream waits for new lines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Follow {
    /// Waits for new lines until the reader stops.
    On,
    /// Ends after the existing lines.
    Off,
}
