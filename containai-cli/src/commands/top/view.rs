//! The layout of the screen.

use containai::statistics::ContainerStatistics;
use containai_core::byte_size::HumanSize;
use containai_core::engine::RunState;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style, Stylize as _};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row as Cells, Table, TableState};

use super::state::{HISTORY, Panel, TopRow, TopState, display_name};

const HELP: [&str; 8] = [
    "up, k     select the previous container",
    "down, j   select the next container",
    "enter     open a shell",
    "l         follow the journal; Ctrl-C returns",
    "s         stop the container",
    "?, h      show this help",
    "q, esc    quit",
    "any key closes this help",
];

/// The widths of STATUS, CPU, MEMORY, %, SSH and TERMINALS.
const FIXED_WIDTHS: [u16; 6] = [10, 7, 9, 4, 4, 9];
/// The maximum width of SESSIONS.
const MAX_SESSIONS_WIDTH: u16 = 24;

/// Bars of rising height.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, state: &TopState) {
    let areas =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]);
    let [head, body, foot] = areas.areas(frame.area());
    let running =
        state.rows.iter().filter(|row| row.statistics.container.state == RunState::Running).count();
    let title = format!("cai top  {} containers, {running} running", state.rows.len());
    frame.render_widget(Line::from(title).bold(), head);
    match (state.has_polled, state.rows.is_empty()) {
        (false, _) => frame.render_widget("loading ...", body),
        (true, true) => frame.render_widget("no containers", body),
        (true, false) => table(frame, state, body),
    }
    let keys = "enter shell  l logs  s stop  ? help  q quit";
    frame.render_widget(Line::from(state.notice.as_deref().unwrap_or(keys)).dim(), foot);
    match &state.panel {
        Panel::None => {}
        Panel::Help => panel(frame, "keys", &HELP.map(str::to_owned)),
        Panel::Stop(_, name) => {
            let question = format!("stop {name}? y: yes, any other key: no");
            panel(frame, "stop", &[question]);
        }
    }
}

fn table(frame: &mut Frame<'_>, state: &TopState, area: Rect) {
    let head = ["NAME", "STATUS", "CPU", "", "MEMORY", "%", "SSH", "TERMINALS", "SESSIONS"];
    let names = state.rows.iter().map(|row| display_name(&row.statistics.container));
    let name = names.map(|name| columns(name.chars().count())).max().unwrap_or(0).max(4);
    let agents = state.rows.iter().map(|row| agent_sessions(row).chars().count());
    let agents = agents.max().map_or(8, columns).clamp(8, MAX_SESSIONS_WIDTH);
    // Names matter more than the history of the CPU.
    let used = name + agents + FIXED_WIDTHS.iter().sum::<u16>() + columns(head.len() - 1);
    let history = area.width.saturating_sub(used).min(columns(HISTORY));
    let [status, cpu, memory, percent, ssh, terminals] = FIXED_WIDTHS;
    let widths = [name, status, cpu, history, memory, percent, ssh, terminals, agents];
    let head = Cells::new(head).style(Style::new().add_modifier(Modifier::BOLD));
    let rows = state.rows.iter().map(|row| cells(row, history.into()));
    let table = Table::new(rows, widths.map(Constraint::Length))
        .header(head)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut selection = TableState::default().with_selected(state.selected_index());
    frame.render_stateful_widget(table, area, &mut selection);
}

fn columns(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX / 4)
}

fn cells(row: &TopRow, history: usize) -> Cells<'static> {
    let ContainerStatistics { container, usage, sessions, .. } = &row.statistics;
    let or_dash = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
    let style = match container.state {
        RunState::Running => Style::new(),
        _ => Style::new().add_modifier(Modifier::DIM),
    };
    let cells = [
        Cell::from(display_name(container)),
        Cell::from(container.state.to_string()),
        or_dash(usage.map(|usage| format!("{:.1}%", usage.cpu_percent))),
        Cell::from(sparkline(&row.cpu[row.cpu.len().saturating_sub(history)..])),
        or_dash(usage.map(|usage| HumanSize(usage.memory_used).to_string())),
        or_dash(usage.map(|usage| format!("{:.0}%", usage.memory_percent()))),
        or_dash(sessions.map(|sessions| sessions.ssh.to_string())),
        or_dash(sessions.map(|sessions| sessions.terminals.to_string())),
        or_dash(Some(agent_sessions(row)).filter(|names| !names.is_empty())),
    ];
    Cells::new(cells).style(style)
}

/// The names of the agent sessions that run.
fn agent_sessions(row: &TopRow) -> String {
    row.statistics.agent_sessions.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(",")
}

/// One bar a sample; a full bar is the maximum, or one CPU.
fn sparkline(samples: &[f64]) -> String {
    let maximum = samples.iter().copied().fold(100.0, f64::max);
    let bar = |sample: &f64| {
        let height = (sample / maximum * BARS.len() as f64) as usize;
        BARS.get(height.min(BARS.len() - 1)).copied().unwrap_or(' ')
    };
    samples.iter().map(bar).collect()
}

/// Draws a centred box.
fn panel(frame: &mut Frame<'_>, title: &str, lines: &[String]) {
    let fits = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).saturating_add(4);
    let width = fits(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
    let all = frame.area();
    let (width, height) = (width.min(all.width), (fits(lines.len()) - 2).min(all.height));
    let (x, y) = ((all.width - width) / 2, (all.height - height) / 2);
    let area = Rect::new(all.x + x, all.y + y, width, height);
    let text: Vec<Line<'_>> = lines.iter().map(|line| Line::from(line.as_str())).collect();
    let block = Block::bordered().title(format!(" {title} "));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(text).block(block), area);
}

#[cfg(test)]
mod tests {
    use containai_core::byte_size::ByteSize;
    use containai_core::engine::{ActiveSessions, Container, ContainerId, Usage};
    use containai_core::label;
    use containai_core::naming::AgentSessionName;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use super::super::state::{TopAction, TopEvent};
    use super::*;

    fn sample(name: &str, state: RunState, cpu_percent: f64) -> ContainerStatistics {
        let usage = Usage {
            memory_used: ByteSize::from_bytes(300 << 20),
            memory_limit: ByteSize::from_gib(1),
            cpu_percent,
            tasks: None,
        };
        let is_running = state == RunState::Running;
        let workspace = format!("/src/{name}");
        let container = Container::new(ContainerId::new(format!("id-of-{name}")), name, state)
            .with_labels([(label::WORKSPACE, workspace.as_str())].into_iter().collect());
        ContainerStatistics {
            container,
            usage: is_running.then_some(usage),
            sessions: is_running.then_some(ActiveSessions { ssh: 1, terminals: 2 }),
            agent_sessions: AgentSessionName::parse("claude")
                .into_iter()
                .filter(|_| is_running)
                .collect(),
        }
    }

    fn render(state: &TopState) -> String {
        let mut terminal = Terminal::new(TestBackend::new(90, 12)).expect("a terminal");
        terminal.draw(|frame| draw(frame, state)).expect("a screen");
        terminal.backend().to_string()
    }

    fn two_containers() -> TopState {
        let mut state = TopState::default();
        for cpu in [0.0, 50.0, 200.0, 99.0] {
            let all =
                vec![sample("api", RunState::Running, cpu), sample("web", RunState::Exited, 0.0)];
            assert_eq!(state.update(TopEvent::Polled(all)), TopAction::None);
        }
        state
    }

    fn press(state: &mut TopState, code: KeyCode) -> TopAction {
        state.update(TopEvent::Key(KeyEvent::from(code)))
    }

    #[test]
    fn all_containers_are_shown() {
        insta::assert_snapshot!(render(&TopState::default()));
        insta::assert_snapshot!(render(&two_containers()));
    }

    #[test]
    fn panels_cover_the_table() {
        let mut state = two_containers();
        press(&mut state, KeyCode::Char('?'));
        insta::assert_snapshot!(render(&state));
        press(&mut state, KeyCode::Char('x'));
        press(&mut state, KeyCode::Char('s'));
        insta::assert_snapshot!(render(&state));
    }

    #[test]
    fn tiny_windows_are_supported() {
        let mut state = two_containers();
        press(&mut state, KeyCode::Char('?'));
        for (width, height) in [(1, 1), (3, 2), (20, 4)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
            terminal.draw(|frame| draw(frame, &state)).expect("a screen");
        }
    }

    #[test]
    fn keys_match_the_help() {
        let mut state = two_containers();
        assert_eq!(press(&mut state, KeyCode::Enter), TopAction::Shell("/src/api".into()));
        assert_eq!(press(&mut state, KeyCode::Char('l')), TopAction::Logs("api".into()));
        assert_eq!(press(&mut state, KeyCode::Char('s')), TopAction::None);
        assert_eq!(press(&mut state, KeyCode::Char('n')), TopAction::None);
        press(&mut state, KeyCode::Char('s'));
        let id = ContainerId::new("id-of-api");
        assert_eq!(press(&mut state, KeyCode::Char('y')), TopAction::Stop(id));
        // A stopped container is neither stopped nor started.
        press(&mut state, KeyCode::Down);
        assert_eq!(press(&mut state, KeyCode::Enter), TopAction::None);
        assert_eq!(state.notice.as_deref(), Some("no shell: web is exited"));
        press(&mut state, KeyCode::Char('s'));
        assert_eq!(state.panel, Panel::None);
        assert_eq!(press(&mut state, KeyCode::Char('q')), TopAction::Quit);
    }

    #[test]
    fn selection_follows_its_container() {
        let mut state = two_containers();
        press(&mut state, KeyCode::Char('G'));
        let more = ["a", "api", "web"].map(|name| sample(name, RunState::Running, 0.0));
        state.update(TopEvent::Polled(more.to_vec()));
        assert_eq!(state.selected_index(), Some(2));
        state.update(TopEvent::Polled(more[..1].to_vec()));
        assert_eq!(state.selected_index(), Some(0));
        state.update(TopEvent::Polled(Vec::new()));
        assert_eq!(state.selected_index(), None);
        assert_eq!(press(&mut state, KeyCode::Enter), TopAction::None);
    }
}
