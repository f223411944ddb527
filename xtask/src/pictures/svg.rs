//! The cells of a terminal as an SVG picture.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// The width and height of a cell, in pixels.
const CELL: (f32, f32) = (8.0, 18.0);

/// The space around the cells.
const MARGIN: f32 = 16.0;

/// Text and background without a colour of their own.
const PLAIN: (&str, &str) = ("#d8dee9", "#1e222a");

/// The 16 colours of a terminal, from black to bright white.
const PALETTE: [&str; 16] = [
    "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
    "#5c6370", "#ff7b86", "#b5e890", "#ffd68a", "#82c4ff", "#e29bf5", "#79dbe5", "#ffffff",
];

/// The looks of a cell.
#[derive(Clone, Debug, PartialEq)]
struct Style {
    text: String,
    background: Option<String>,
    is_bold: bool,
}

/// Renders the rows up to the last one with text; a last row that is only a prompt is left out.
pub(super) fn render(screen: &Screen, title: &str) -> String {
    let columns = screen.size().1.get();
    let rows = last_row(screen);
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"13\" xml:space=\"preserve\">\n",
        escaped(title),
        PLAIN.1
    );
    for row in 0..rows {
        row_of(screen, row, columns, &mut svg);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The number of rows that are rendered.
fn last_row(screen: &Screen) -> u16 {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let text = |row: u16| screen.contents_between(row, 0, row, columns);
    let filled = (0..rows).rev().find(|row| !text(*row).trim().is_empty()).unwrap_or(0);
    match text(filled).trim_end().ends_with('$') {
        true => filled,
        false => filled + 1,
    }
}

/// Writes a row as runs of cells with one style.
fn row_of(screen: &Screen, row: u16, columns: u16, svg: &mut String) {
    let mut column = 0;
    while column < columns {
        let Some(first) = screen.cell(row, column) else { break };
        let style = Style::of(first);
        let (start, mut text) = (column, String::new());
        while let Some(cell) = screen.cell(row, column).filter(|cell| Style::of(cell) == style) {
            if !cell.is_wide_continuation() {
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
            }
            column += 1;
        }
        run(svg, row, start, column - start, &text, &style);
    }
}

fn run(svg: &mut String, row: u16, start: u16, length: u16, text: &str, style: &Style) {
    let (x, y) = (MARGIN + f32::from(start) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(length) * CELL.0;
    if let Some(fill) = &style.background {
        let height = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    // Blanks at the end would take part in the fitting of `textLength`.
    let trimmed = text.trim_end();
    let count = length - u16::try_from(text.len() - trimmed.len()).unwrap_or(0);
    let (width, baseline) = (f32::from(count) * CELL.0, y + CELL.1 * 0.75);
    let weight = if style.is_bold { " font-weight=\"bold\"" } else { "" };
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{baseline}\" fill=\"{}\"{weight} textLength=\"{width}\" \
         lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        style.text,
        escaped(trimmed)
    );
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let (text, background) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
        let (text, background) = match cell.inverse() {
            true => (
                background.unwrap_or_else(|| PLAIN.1.into()),
                Some(text.unwrap_or_else(|| PLAIN.0.into())),
            ),
            false => (text.unwrap_or_else(|| PLAIN.0.into()), background),
        };
        Self { text, background, is_bold: cell.bold() }
    }
}

/// A colour of xterm's 256, or of its own; `None` for the terminal's default.
fn colour(colour: Color) -> Option<String> {
    let rgb = |r: u8, g: u8, b: u8| format!("#{r:02x}{g:02x}{b:02x}");
    match colour {
        Color::Default => None,
        Color::Idx(index @ 0..16) => Some(PALETTE[usize::from(index)].to_owned()),
        Color::Idx(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index - 16;
            Some(rgb(level(index / 36), level(index / 6 % 6), level(index % 6)))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(rgb(grey, grey, grey))
        }
        Color::Rgb(r, g, b) => Some(rgb(r, g, b)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    fn screen(text: &str) -> Screen {
        let size = |length| NonZero::new(length).expect("a screen has cells");
        let mut parser = vt100::Parser::new(size(5), size(20), 0);
        parser.process(text.as_bytes());
        parser.screen().clone()
    }

    #[test]
    fn runs_have_their_place_and_style() {
        let svg = render(&screen("a \x1b[1;31m<b>\x1b[0m\r\nc\r\n$ "), "t");
        assert!(svg.contains("height=\"68\""), "{svg}");
        let bold = "<text x=\"32\" y=\"29.5\" fill=\"#e06c75\" font-weight=\"bold\" \
                    textLength=\"24\" lengthAdjust=\"spacingAndGlyphs\">&lt;b&gt;</text>";
        assert!(svg.contains(bold), "{svg}");
        assert!(!svg.contains('$'), "{svg}");
    }

    #[test]
    fn colours_are_those_of_xterm() {
        assert_eq!(colour(Color::Idx(196)).as_deref(), Some("#ff0000"));
        assert_eq!(colour(Color::Idx(255)).as_deref(), Some("#eeeeee"));
        assert_eq!(colour(Color::Default), None);
    }
}
