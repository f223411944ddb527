//! The manual pages, one a command.

use clap::Command;
use clap_mangen::Man;

use super::page::ReferencePage;

pub(super) fn pages(grammar: &Command) -> anyhow::Result<Vec<ReferencePage>> {
    let mut grammar = grammar.clone().disable_help_subcommand(true);
    grammar.build();
    let mut pages = Vec::new();
    add(&grammar, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, pages: &mut Vec<ReferencePage>) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut text = Vec::new();
    Man::new(command.clone()).title(name.to_uppercase()).render(&mut text)?;
    // Removes trailing spaces.
    let text = String::from_utf8(text)?;
    let lines: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    pages.push(ReferencePage::new(format!("man/{name}.1"), lines));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        add(verb, pages)?;
    }
    Ok(())
}
