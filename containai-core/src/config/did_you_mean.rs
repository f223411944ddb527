//! Suggestions for misspelt keys.

/// Returns the candidate that `text` is most likely a misspelling of, if one is close enough.
#[must_use]
pub fn closest_match<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (text.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (strsim::levenshtein(text, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_only_misspellings() {
        let keys = ["agent.default", "image", "isolation"];
        assert_eq!(closest_match("imagee", keys), Some("image"));
        assert_eq!(closest_match("agent.defualt", keys), Some("agent.default"));
        assert_eq!(closest_match("telemetry", keys), None);
    }
}
