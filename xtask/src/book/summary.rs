//! The table of contents: every page of the book, with the generated reference at its end.

use anyhow::Context as _;

use super::document::Document;

/// The table of contents of mdBook.
pub(super) const PATH: &str = "docs/SUMMARY.md";

/// The heading above the generated list.
const REFERENCE: &str = "# Reference\n";

/// Replaces the list below the heading `Reference` by the pages of `docs/reference`.
pub(super) fn render(summary: &str, documents: &[Document]) -> anyhow::Result<String> {
    let end = summary.find(REFERENCE).context("the summary has no part `Reference`")?;
    let mut text = format!("{}{REFERENCE}\n", &summary[..end]);
    let mut pages: Vec<_> = documents.iter().filter_map(|it| reference(&it.path)).collect();
    pages.sort_by_key(|page| (*page != "README.md", !page.starts_with("cai-"), *page));
    for page in pages {
        let path = format!("docs/reference/{page}");
        let document = documents.iter().find(|it| it.path == path);
        let title = document.and_then(Document::title).unwrap_or_else(|| page.to_owned());
        text.push_str(&format!("- [{title}](reference/{page})\n"));
    }
    Ok(text)
}

/// A page that the summary does not list would be missing in the book.
pub(super) fn check(documents: &[Document]) -> Vec<String> {
    let summary = documents.iter().find(|it| it.path == PATH);
    let summary = summary.map_or("", |it| it.text.as_str());
    let pages = documents.iter().filter_map(|it| it.path.strip_prefix("docs/"));
    pages
        .filter(|page| *page != "SUMMARY.md" && !summary.contains(&format!("]({page})")))
        .map(|page| format!("docs/{page}: `{PATH}` does not list it"))
        .collect()
}

fn reference(path: &str) -> Option<&str> {
    path.strip_prefix("docs/reference/").filter(|page| !page.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_listed() {
        let document = |path: &str, text: &str| Document { path: path.into(), text: text.into() };
        let documents = [
            document("docs/SUMMARY.md", ""),
            document("docs/reference/exit-codes.md", "# Exit codes\n"),
            document("docs/reference/cai-run.md", "# `cai run`\n"),
            document("docs/reference/README.md", "# `cai`\n"),
        ];
        let rendered = render("# Summary\n\n# Reference\n\nold\n", &documents);
        assert_eq!(
            rendered.expect("a reference"),
            "# Summary\n\n# Reference\n\n- [`cai`](reference/README.md)\n\
             - [`cai run`](reference/cai-run.md)\n- [Exit codes](reference/exit-codes.md)\n"
        );
        assert_eq!(check(&documents).len(), 3);
    }
}
