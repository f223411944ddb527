//! Pages that a program in the container opens on this machine.

use std::time::Duration;

use containai_core::browser_page::BrowserPage;
use containai_ssh::StreamGate;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::callback_forward::CallbackForward;
use super::host_browser::HostBrowser;
use crate::forward::ReconnectingContainer;
use crate::report::Reporter;

/// The number of pages that one login may ask for.
const MAX_PAGES: u32 = 8;
/// The shortest time between two of them.
const PAGE_INTERVAL: Duration = Duration::from_secs(1);
/// The time for output that is on its way to the terminal when a question is asked.
const SETTLE_TIME: Duration = Duration::from_millis(200);
/// The time to answer a question; then the answer is no.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// The outcome of a request for a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PageOutcome {
    /// The browser shows it.
    Opened,
    /// The user saw its address.
    Shown,
    /// Neither.
    Refused,
}

impl PageOutcome {
    /// Returns the answer to the container.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Shown => "shown",
            Self::Refused => "refused",
        }
    }
}

/// Opens pages on this machine, one at a time.
pub(super) struct PageOpener {
    /// The name of the login.
    pub(super) login: String,
    /// The browser; `None` if this machine has none.
    pub(super) browser: Option<HostBrowser>,
    /// Holds the terminal during questions; `None` if no user can be asked.
    pub(super) gate: Option<StreamGate>,
    pub(super) reporter: Reporter,
    pub(super) container: ReconnectingContainer,
    pub(super) callback: Option<CallbackForward>,
    pub(super) last: Option<(String, PageOutcome, Instant)>,
    pub(super) count: u32,
}

impl PageOpener {
    /// Answers a request for a page, whose text is hostile.
    pub(super) async fn open(&mut self, text: &str) -> PageOutcome {
        if let Some((url, outcome, at)) = &self.last {
            if url == text {
                return *outcome;
            }
            sleep_until(*at + PAGE_INTERVAL).await;
        }
        self.count += 1;
        if self.count > MAX_PAGES {
            return PageOutcome::Refused;
        }
        let outcome = match BrowserPage::parse(text) {
            Ok(page) => self.open_page(&page).await,
            Err(error) => {
                self.show(&format!("the container asked for a page that is not opened: {error}\n"));
                PageOutcome::Refused
            }
        };
        self.last = Some((text.to_owned(), outcome, Instant::now()));
        outcome
    }

    async fn open_page(&mut self, page: &BrowserPage) -> PageOutcome {
        let (browser, gate) = (self.browser.clone(), self.gate.clone());
        let can_open = browser.zip(gate);
        if let Some((_, gate)) = &can_open
            && !self.ask(page, gate).await
        {
            return PageOutcome::Refused;
        }
        if let Err(error) = self.forward_callback(page).await {
            self.show(&format!(
                "the page leads back to a port that cannot be opened: {error}\n\
                 hint: end the program that uses the port and log in again, or use `cai login {} --device`\n",
                self.login
            ));
            return PageOutcome::Refused;
        }
        let Some((browser, _)) = can_open else {
            self.show(&format!("open this page in your browser: {}\n", page.url()));
            return PageOutcome::Shown;
        };
        match browser.start(page) {
            Ok(()) => PageOutcome::Opened,
            Err(error) => {
                self.show(&format!("{error}\nopen this page in your browser: {}\n", page.url()));
                PageOutcome::Shown
            }
        }
    }

    /// Asks whether to open the page. Only the single key `y` means yes: text that the user pastes
    /// or types ahead does not answer the question.
    async fn ask(&self, page: &BrowserPage, gate: &StreamGate) -> bool {
        let mut held = gate.hold();
        sleep(SETTLE_TIME).await;
        self.reporter.show_in_session(&format!(
            "`{}` in the container asks to open this page:\n{}\nopen it in your browser? [y/N] ",
            self.login,
            page.url()
        ));
        let typed = timeout(ANSWER_TIMEOUT, held.typed()).await;
        let is_yes = matches!(typed, Ok(Some(keys)) if keys == b"y" || keys == b"Y");
        self.reporter.show_in_session(if is_yes { "yes\n" } else { "no\n" });
        is_yes
    }

    /// Forwards the port that the page leads back to, while the login lasts.
    async fn forward_callback(&mut self, page: &BrowserPage) -> crate::Result<()> {
        let Some(port) = page.callback_port() else { return Ok(()) };
        if self.callback.as_ref().is_none_or(|it| it.port() != port) {
            // The earlier port is closed first.
            self.callback = None;
            self.callback = Some(CallbackForward::open(port, &self.container).await?);
        }
        Ok(())
    }

    fn show(&self, text: &str) {
        match &self.gate {
            Some(_) => self.reporter.show_in_session(text),
            None => self.reporter.say(text.trim_end()),
        }
    }
}
