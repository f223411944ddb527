//! The pages of commands.

use clap::{Arg, Command};

use super::page::ReferencePage;

/// Returns a page for each top-level command, and an index.
pub(super) fn pages(grammar: &Command) -> Vec<ReferencePage> {
    let mut grammar = grammar.clone().disable_help_subcommand(true);
    grammar.build();
    let mut index = format!("# `cai`\n\n{}\n\n", about(&grammar));
    index.push_str("Options of all commands:\n\n");
    index.push_str(&table(grammar.get_arguments().filter(|arg| is_shown(arg))));
    index.push_str("\n| command | |\n|---|---|\n");
    let mut pages = Vec::new();
    for verb in grammar.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_name();
        let short = verb.get_about().map(ToString::to_string).unwrap_or_default();
        index.push_str(&format!("| [`cai {name}`](cai-{name}.md) | {short} |\n"));
        let mut text = String::new();
        describe(verb, 1, &mut text);
        pages.push(ReferencePage::new(format!("cai-{name}.md"), text));
    }
    index.push_str("\n[Settings](settings.md), [exit codes](exit-codes.md), [JSON](json.md).\n");
    pages.push(ReferencePage::new("README.md", index));
    pages
}

fn describe(verb: &Command, rank: usize, text: &mut String) {
    let name = verb.get_bin_name().unwrap_or(verb.get_name());
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().replace("\n       ", "\n");
    text.push_str(&format!("{} `{name}`\n\n{}\n\n", "#".repeat(rank), about(verb)));
    text.push_str(&format!("```\n{usage}\n```\n"));
    let aliases: Vec<_> = verb.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        text.push_str(&format!("\nAliases: {}.\n", aliases.join(", ")));
    }
    let own = |arg: &&Arg| is_shown(arg) && !arg.is_global_set();
    let arguments = table(verb.get_arguments().filter(own));
    if !arguments.is_empty() {
        text.push_str(&format!("\n{arguments}"));
    }
    for verb in verb.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        text.push('\n');
        describe(verb, rank + 1, text);
    }
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    about.map(|text| text.to_string().trim().to_owned()).unwrap_or_default()
}

fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

/// Returns a table of arguments; empty if there are none.
fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let rows: String = arguments.map(row).collect();
    match rows.is_empty() {
        true => rows,
        false => format!("| argument | |\n|---|---|\n{rows}"),
    }
}

fn row(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut names: Vec<String> =
        arg.get_short().map(|short| format!("-{short}")).into_iter().collect();
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    names.extend(arg.get_visible_aliases().unwrap_or_default().iter().map(|it| format!("--{it}")));
    let takes_value = arg.get_action().takes_values();
    let values = arg.get_value_names().unwrap_or_default();
    let value = values.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" ");
    let shown = match (arg.is_positional(), takes_value) {
        (true, _) => value,
        (false, true) => format!("{} {value}", names.join(", ")),
        (false, false) => names.join(", "),
    };
    let choices: Vec<_> =
        arg.get_possible_values().iter().map(|it| format!("`{}`", it.get_name())).collect();
    let choices = match takes_value && !choices.is_empty() {
        true => format!(" ({})", choices.join(", ")),
        false => String::new(),
    };
    let help = format!("{help}{choices}").replace('|', "\\|").replace('\n', " ");
    format!("| `{}` | {} |\n", shown.replace('|', "\\|"), help)
}
