//! The plan as one page of HTML that needs nothing else: no script, no network.

use super::view::{EntryView, Item, ProblemView, RowView, SplitView, StageView, Verdict, view};
use crate::lint::Lint;
use crate::plan::{Plan, Way};
use crate::report::{escape, escape_line};
use crate::rules::Level;
use std::fmt::Write;

/// The plan as a page.
pub fn plan_html(lint: &Lint<'_>, plan: &Plan) -> String {
    let view = view(lint, plan, false);
    let mut page = Page(String::new());
    page.put(format_args!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Deployment plan</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>Deployment plan</h1>\n<p class=\"about\">{}</p>",
        text(&view.title)
    ));
    if !view.problems.is_empty() {
        page.put(format_args!("<section>\n<h2>To be solved first</h2>"));
        view.problems.iter().for_each(|problem| page.problem(problem));
        page.put(format_args!("</section>"));
    }
    page.put(format_args!("<section>\n<h2>Timeline</h2>\n<ol class=\"timeline\">"));
    for item in &view.timeline {
        match item {
            Item::Stage(stage) => page.stage(stage),
            Item::Deploy(what) => page.put(format_args!("<li class=\"deploy\">{}</li>", text(what))),
            Item::Gate(what) => page.put(format_args!("<li class=\"gate\"><b>gate</b> {}</li>", text(what))),
            Item::NoReturn { label, lost } => page.put(format_args!(
                "<li class=\"no-return\"><b>point of no return: {}</b> {} cannot be brought back</li>",
                text(label),
                text(&lost.join("; "))
            )),
        }
    }
    page.put(format_args!("</ol>\n</section>"));
    page.matrix(&view.matrix);
    view.splits.iter().for_each(|split| page.split(split));
    page.put(format_args!("</main>\n</body>\n</html>"));
    page.0
}

struct Page(String);

impl Page {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{text}").expect("writing to a string cannot fail");
    }

    fn problem(&mut self, problem: &ProblemView) {
        let level = problem.level.name();
        self.put(format_args!("<article class=\"problem {level}\">\n<p><b>{level}</b> {}</p>", text(&problem.message)));
        if !problem.evidence.is_empty() {
            self.put(format_args!("<ul>"));
            for (app, what) in &problem.evidence {
                self.put(format_args!("<li>{app} app: <code>{}</code></li>", text(what)));
            }
            self.put(format_args!("</ul>"));
        }
        self.put(format_args!("<p>{}</p>", text(&problem.help)));
        self.put(format_args!("</article>"));
    }

    fn split(&mut self, split: &SplitView) {
        self.put(format_args!("<section>\n<h2>Instead of {}</h2>", text(&split.label)));
        for (when, statements) in &split.pieces {
            let sql: Vec<String> = statements.iter().map(|sql| format!("{};", sql.trim_end_matches(';'))).collect();
            self.put(format_args!("<h4>{}</h4>\n<pre>{}</pre>", text(when), markup(&escape(&sql.join("\n")))));
        }
        for left in &split.left {
            self.put(format_args!("<p class=\"warning\">by hand: {}</p>", text(left)));
        }
        self.put(format_args!("</section>"));
    }

    fn stage(&mut self, stage: &StageView) {
        if stage.entries.is_empty() {
            self.put(format_args!("<li class=\"stage\">\n<h3>{}</h3>\n<p class=\"about\">nothing to run</p>\n</li>", stage.name));
            return;
        }
        let (name, serving) = (stage.name, text(stage.serving));
        self.put(format_args!("<li class=\"stage\">\n<h3>{name}</h3>\n<p class=\"about\">{serving}</p>"));
        for entry in &stage.entries {
            self.entry(entry);
        }
        self.put(format_args!("<dl>"));
        if let Some(command) = &stage.command {
            self.put(format_args!("<dt>run</dt><dd><code>{}</code></dd>", text(command)));
        }
        self.put(format_args!("<dt>works</dt><dd>{} {}</dd>", app("old", &stage.old), app("new", &stage.new)));
        for (name, verdict) in [("old", &stage.old), ("new", &stage.new)] {
            if let Some(example) = &verdict.example {
                self.put(format_args!("<dt></dt><dd>{name}: <code>{}</code></dd>", text(example)));
            }
        }
        let class = if stage.way == Way::NoReturn { "bad" } else { "" };
        self.put(format_args!("<dt>back</dt><dd class=\"{class}\">{}</dd>", text(&stage.back)));
        for note in &stage.notes {
            self.put(format_args!("<dt></dt><dd>{}</dd>", text(note)));
        }
        self.put(format_args!("</dl>\n</li>"));
    }

    fn entry(&mut self, entry: &EntryView) {
        self.put(format_args!(
            "<article>\n<p><b>{}</b> <span class=\"phase {}\">{}</span><br><small>{}</small></p>",
            text(&entry.label),
            entry.phase,
            entry.phase,
            text(&entry.path)
        ));
        for about in entry.moved.iter().chain(&entry.copies) {
            self.put(format_args!("<p class=\"about\">{}</p>", text(about)));
        }
        if !entry.locks.is_empty() {
            self.put(format_args!("<table class=\"locks\">\n<tr><th>lock</th><th>who waits</th><th>how long</th></tr>"));
            for lock in &entry.locks {
                let class = if lock.hurts { "warning" } else { "" };
                let (what, who, held) = (text(&lock.what), lock.who, text(&lock.held));
                self.put(format_args!("<tr class=\"{class}\"><td>{what}</td><td>{who}</td><td>{held}</td></tr>"));
            }
            self.put(format_args!("</table>"));
        }
        for (level, id, message) in &entry.remarks {
            let class = match level {
                Level::Error => "bad",
                Level::Warning => "warning",
                Level::Info | Level::Off => "",
            };
            let level = level.name();
            self.put(format_args!("<p class=\"{class}\"><b>{level}</b> {} <small>{id}</small></p>", text(message)));
        }
        self.put(format_args!("</article>"));
    }

    fn matrix(&mut self, rows: &[RowView]) {
        self.put(format_args!(
            "<section>\n<h2>Who works when</h2>\n<table class=\"matrix\">\n\
             <tr><th>schema after</th><th>old version</th><th>new version</th></tr>"
        ));
        for row in rows {
            self.put(format_args!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&row.label),
                app("", &row.old),
                app("", &row.new)
            ));
        }
        self.put(format_args!("</table>\n</section>"));
    }
}

fn app(name: &str, verdict: &Verdict) -> String {
    let (class, mark, word) = if verdict.ok { ("good", "✓", "works") } else { ("bad", "✗", "fails") };
    let title = verdict.example.as_deref().map(text).unwrap_or_default();
    format!("<span class=\"{class}\" title=\"{title}\">{name} {mark} {word}</span>")
}

/// Foreign text on one line.
fn text(foreign: &str) -> String {
    markup(&escape_line(foreign))
}

/// Nothing in it is markup.
fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --card: #f6f8fa; --line: #d0d7de;
  --good: #1a7f37; --bad: #b3261e; --warn: #8a5a00; --blue: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4ae; --paper: #0f1419; --card: #171d24;
  --line: #323a44; --good: #56c271; --bad: #ff8a80; --warn: #e0ae4a; --blue: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: 0.5rem 0 0; } h2 { font-size: 1.2rem; margin: 1.5rem 0 0.5rem; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 0; } h4 { margin: 0.5rem 0 0; font-size: 0.9rem; color: var(--soft); }
p { margin: 0.25rem 0; overflow-wrap: anywhere; } small, .about { color: var(--soft); }
code, pre { font: 0.85em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; } pre { overflow-x: auto; margin: 0.25rem 0; }
ul { margin: 0.25rem 0; padding-left: 1.25rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.8rem; margin: 0.5rem 0; }
.problem.error { border-left: 4px solid var(--bad); } .problem.warning { border-left: 4px solid var(--warn); }
.problem.error b { color: var(--bad); } .problem.warning b { color: var(--warn); }
.timeline { list-style: none; margin: 0; padding: 0 0 0 1.2rem; border-left: 2px solid var(--line); }
.timeline > li { position: relative; padding: 0.4rem 0; overflow-wrap: anywhere; }
.timeline > li::before { content: ''; position: absolute; left: calc(-1.2rem - 7px); top: 0.85rem; width: 12px; height: 12px;
  border-radius: 50%; background: var(--blue); }
.timeline > .deploy::before { border-radius: 0; } .timeline > .deploy { font-weight: 600; }
.timeline > .gate::before { background: var(--paper); border: 3px solid var(--warn); border-radius: 0; transform: rotate(45deg); }
.timeline > .no-return { color: var(--bad); } .timeline > .no-return::before { background: var(--bad); }
.phase { border: 1px solid currentColor; border-radius: 1em; padding: 0 0.6em; font-size: 0.85em; color: var(--blue); }
.phase.contract { color: var(--warn); } .phase.breaking, .phase.mixed { color: var(--bad); }
.good { color: var(--good); } .bad { color: var(--bad); } p.warning, tr.warning { color: var(--warn); }
dl { display: grid; grid-template-columns: 4rem 1fr; gap: 0.1rem 0.5rem; margin: 0.4rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: 0.2rem 0.6rem 0.2rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; vertical-align: top; }
.locks { font-size: 0.9em; }
@media (max-width: 32rem) { main { padding: 0.6rem; } dl { grid-template-columns: 1fr; } dt:empty { display: none; }
  .matrix { font-size: 0.85em; } }
@media print { :root { --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --line: #999; --good: #060; --bad: #a00;
  --warn: #750; --blue: #036; } main { max-width: none; padding: 0 0.4rem; } article, tr, .gate, .deploy { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; } pre { white-space: pre-wrap; overflow: visible; } }
";
