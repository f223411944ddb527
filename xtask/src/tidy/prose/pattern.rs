//! Wordings that are not technical English.

/// Words and phrases, in lower case, and the wording to use.
const PHRASES: [(&str, &str); 22] = [
    ("whoever", "name the subject"),
    ("whomever", "name the subject"),
    ("nobody", "name the subject, or use the passive voice"),
    ("somebody", "name the subject"),
    ("anew", "`again`, `recreate`, `replace`, `download again`"),
    ("told", "`reported`, `printed`, `specified`"),
    ("tell", "`report`, `print`, `show`"),
    ("tells", "`reports`, `prints`, `shows`"),
    ("of ours", "name the owner"),
    ("of yours", "`your …`"),
    ("go by", "`use`, `follow`"),
    ("goes by", "`uses`, `follows`"),
    ("be had", "`is available`"),
    ("come along", "`are included`"),
    ("comes along", "`is included`"),
    ("is meant", "`is`, `refers to`, `is for`"),
    ("are meant", "`are`, `refer to`, `are for`"),
    ("was meant", "`was`, `referred to`"),
    ("that there is", "`existing`, `the`"),
    ("that there are", "`existing`, `the`"),
    ("will not do", "`is not enough`, `does not work`"),
    ("at work", "`active`, `running`"),
];

/// Words that begin a sentence without a main clause.
const OPENINGS: [&str; 8] = ["what", "who", "whose", "whom", "whoever", "whatever", "how", "where"];

/// The phrases in a text without quotations, each with its replacement.
pub(super) fn phrases(text: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = text.to_lowercase();
    PHRASES.into_iter().filter(move |(phrase, _)| has_phrase(&text, phrase))
}

fn has_phrase(text: &str, phrase: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        // "Reports that there is no room" is a sentence.
        let is_clause = phrase.starts_with("that there") && after == Some(' ');
        !before.is_some_and(is_part) && !after.is_some_and(is_part) && !is_clause
    })
}

/// The word with which a block of text begins if it is a clause in the place of
/// a noun, such as "What goes to the engine". Questions end with their mark.
pub(super) fn clause(block: &str) -> Option<&str> {
    let block = block.trim();
    let sentence = block.split_once(". ").map_or(block, |(first, _)| first);
    let (first, rest) = sentence.split_once(' ')?;
    let is_opening = OPENINGS.contains(&first.to_lowercase().as_str());
    let is_clause = rest.starts_with(|c: char| c.is_lowercase() || matches!(c, '`' | '['));
    (is_opening && is_clause && !sentence.ends_with('?')).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_whole_words() {
        let found = |text: &str| phrases(text).map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(found("Nobody is told."), ["nobody", "told"]);
        assert_eq!(found("teller, untold, intelligible, foretell"), Vec::<&str>::new());
        assert_eq!(found("a file of ours"), ["of ours"]);
        assert_eq!(found("a file of our server"), Vec::<&str>::new());
        assert_eq!(found("replaces the one that there is, if any"), ["that there is"]);
        assert_eq!(found("reports that there is none"), Vec::<&str>::new());
    }

    #[test]
    fn clauses_are_no_nouns() {
        assert_eq!(clause("What goes to this engine"), Some("What"));
        assert_eq!(clause("Where the socket is. More."), Some("Where"));
        assert_eq!(clause("What is missing?"), None);
        assert_eq!(clause("Whether it runs."), None);
        assert_eq!(clause("The engine's address. What follows is text."), None);
        assert_eq!(clause("How"), None);
    }
}
