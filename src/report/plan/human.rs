//! The plan as a timeline in the terminal.

use super::view::{EntryView, Item, ProblemView, RowView, SplitView, StageView, Verdict, View, view};
use crate::lint::Lint;
use crate::plan::{Plan, Way};
use crate::report::human::paint;
use crate::report::{Detail, Look, escape, escape_line};
use crate::rules::Level;
use anstyle::{AnsiColor, Style};

/// The plan for people.
pub fn plan_human(lint: &Lint<'_>, plan: &Plan, look: Look) -> String {
    let view = view(lint, plan, look.detail == Detail::Verbose);
    let mut page = Page { look, out: String::new() };
    page.plan(&view);
    page.out
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();

/// The longest line, however wide the terminal is.
const MAX_WIDTH: usize = 120;

struct Page {
    look: Look,
    out: String,
}

impl Page {
    fn plan(&mut self, view: &View) {
        self.text("", "", &view.title, BOLD);
        self.blank();
        for problem in &view.problems {
            self.problem(problem);
            self.blank();
        }
        for item in &view.timeline {
            match item {
                Item::Stage(stage) => self.stage(stage),
                Item::Deploy(text) => self.text("▼ ", "  ", text, BOLD),
                Item::Gate(text) => self.text("◇ gate: ", "  ", text, WARN),
                Item::NoReturn { label, lost } => {
                    let text = format!("point of no return: {label}: {} cannot be brought back", lost.join("; "));
                    self.text("╳ ", "  ", &text, BAD);
                }
            }
        }
        self.blank();
        self.matrix(&view.matrix);
        for split in &view.splits {
            self.blank();
            self.split(split);
        }
    }

    fn problem(&mut self, problem: &ProblemView) {
        let style = level_style(problem.level);
        let head = format!("{}[{}]: ", problem.level.name(), problem.kind.name());
        self.styled_head(&head, style, "  ", &problem.message);
        for (app, text) in &problem.evidence {
            self.text(&format!("  {app} app: "), "    ", text, Style::new());
        }
        self.text("  help: ", "    ", &problem.help, Style::new());
    }

    fn split(&mut self, split: &SplitView) {
        self.styled_head("instead of ", BOLD, "  ", &split.label);
        for (when, statements) in &split.pieces {
            self.text("  -- ", "  -- ", when, DIM);
            for sql in statements {
                self.code("  ", &format!("{};", sql.trim_end_matches(';')));
            }
        }
        for left in &split.left {
            self.text("  by hand: ", "    ", left, WARN);
        }
    }

    fn stage(&mut self, stage: &StageView) {
        let head = format!("● {}  ", stage.name);
        let about = if stage.entries.is_empty() { "nothing to run" } else { stage.serving };
        self.styled_head(&head, BOLD, "│ ", about);
        if stage.entries.is_empty() {
            return;
        }
        for entry in &stage.entries {
            self.entry(entry);
        }
        if let Some(command) = &stage.command {
            self.text("│ run    ", "│          ", command, Style::new());
        }
        self.works(stage);
        let style = match stage.way {
            Way::FlipBack | Way::RunDowns => Style::new(),
            Way::NoReturn => BAD,
        };
        self.text("│ back   ", "│          ", &stage.back, style);
        for note in &stage.notes {
            self.text("│        ", "│          ", note, DIM);
        }
    }

    fn works(&mut self, stage: &StageView) {
        let apps = format!("│ works  {}  {}", self.app("old", &stage.old), self.app("new", &stage.new));
        self.raw(&apps);
        for (name, verdict) in [("old", &stage.old), ("new", &stage.new)] {
            if let Some(example) = &verdict.example {
                self.text("│        ", "│          ", &format!("{name}: {example}"), DIM);
            }
        }
    }

    fn entry(&mut self, entry: &EntryView) {
        self.styled_head(&format!("│ {}  ", entry.label), BOLD, "│   ", entry.phase);
        if let Some(moved) = &entry.moved {
            self.text("│   ", "│   ", moved, DIM);
        }
        if let Some(copies) = &entry.copies {
            self.text("│   ", "│     ", copies, Style::new());
        }
        for lock in &entry.locks {
            let text = format!("{}: {} {}", lock.what, lock.who, lock.held);
            self.text("│   ", "│     ", &text, if lock.hurts { WARN } else { Style::new() });
        }
        for (level, id, message) in &entry.remarks {
            let head = format!("│   {}[{id}]: ", level.name());
            self.styled_head(&head, level_style(*level), "│     ", message);
        }
    }

    fn matrix(&mut self, rows: &[RowView]) {
        let room = self.look.width.saturating_sub(14).max(20);
        let label = |row: &RowView| {
            let text = escape_line(&row.label).into_owned();
            if text.chars().count() <= room { text } else { text.chars().take(room - 1).chain(['…']).collect() }
        };
        let width = rows.iter().map(|row| label(row).chars().count()).max().unwrap_or(0).max(16);
        self.raw(&self.paint(BOLD, &format!("{:<width$}  old  new", "who works after")));
        for row in rows {
            let mark = |verdict: &Verdict| if verdict.ok { self.paint(GOOD, "✓") } else { self.paint(BAD, "✗") };
            let line = format!("{:<width$}   {}    {}", label(row), mark(&row.old), mark(&row.new));
            self.raw(&line);
        }
    }

    fn app(&self, name: &str, verdict: &Verdict) -> String {
        if verdict.ok { self.paint(GOOD, &format!("{name} ✓")) } else { self.paint(BAD, &format!("{name} ✗")) }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        paint(self.look, style, text)
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line that is already escaped.
    fn raw(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// A text behind a head, wrapped; what follows the first line begins with `indent`.
    fn text(&mut self, head: &str, indent: &str, text: &str, style: Style) {
        let lines = self.wrap(head, indent, text);
        for (number, line) in lines.iter().enumerate() {
            let start = if number == 0 { escape_line(head).into_owned() } else { indent.to_owned() };
            let line = format!("{start}{}", self.paint(style, line));
            self.raw(&line);
        }
    }

    /// The same, where the head is what is painted.
    fn styled_head(&mut self, head: &str, style: Style, indent: &str, text: &str) {
        let lines = self.wrap(head, indent, text);
        for (number, line) in lines.iter().enumerate() {
            let start = match (number, head.strip_prefix("│ ")) {
                (0, Some(rest)) => format!("│ {}", self.paint(style, &escape_line(rest))),
                (0, None) => self.paint(style, &escape_line(head)),
                _ => indent.to_owned(),
            };
            let line = format!("{start}{line}");
            self.raw(&line);
        }
    }

    /// Statements keep their lines.
    fn code(&mut self, head: &str, text: &str) {
        let indent = " ".repeat(head.chars().count());
        for (number, line) in escape(text).lines().enumerate() {
            let start = if number == 0 { head } else { &indent };
            self.raw(&format!("{start}{line}"));
        }
    }

    /// The lines of a text: the first has the room behind the head, the others that behind the indent.
    fn wrap(&self, head: &str, indent: &str, text: &str) -> Vec<String> {
        let width = self.look.width.min(MAX_WIDTH);
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut used = head.chars().count();
        for word in escape_line(text).split_whitespace() {
            let length = word.chars().count();
            let space = usize::from(!line.is_empty());
            if used + space + length > width && (space > 0 || used > indent.chars().count()) {
                lines.push(std::mem::take(&mut line));
                used = indent.chars().count();
            }
            if !line.is_empty() {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        lines.push(line);
        lines
    }
}

fn level_style(level: Level) -> Style {
    match level {
        Level::Error => BAD.bold(),
        Level::Warning => WARN.bold(),
        Level::Info | Level::Off => Style::new(),
    }
}
