//! The plan in Markdown, to paste into a change request.

use super::view::{EntryView, Item, ProblemView, SplitView, StageView, Verdict, view};
use crate::lint::Lint;
use crate::plan::Plan;
use crate::report::{escape, escape_line};
use std::fmt::Write;

/// The plan for a change request.
pub fn plan_markdown(lint: &Lint<'_>, plan: &Plan) -> String {
    let view = view(lint, plan, false);
    let mut out = format!("# Deployment plan\n\n{}\n", text(&view.title));
    if !view.problems.is_empty() {
        out.push_str("\n## To be solved first\n\n");
        view.problems.iter().for_each(|found| problem(found, &mut out));
    }
    out.push_str("\n## Timeline\n");
    for item in &view.timeline {
        match item {
            Item::Stage(found) => stage(found, &mut out),
            Item::Deploy(what) => line(&mut out, format_args!("\n**▼ {}**", text(what))),
            Item::Gate(what) => line(&mut out, format_args!("\n- [ ] gate: {}", text(what))),
            Item::NoReturn { label, lost } => line(
                &mut out,
                format_args!("\n> **Point of no return: {}** — {} cannot be brought back.", text(label), text(&lost.join("; "))),
            ),
        }
    }
    out.push_str("\n## Who works when\n\n| schema after | old version | new version |\n| --- | --- | --- |\n");
    for row in &view.matrix {
        line(&mut out, format_args!("| {} | {} | {} |", text(&row.label), cell(&row.old), cell(&row.new)));
    }
    view.splits.iter().for_each(|found| split(found, &mut out));
    out
}

fn problem(problem: &ProblemView, out: &mut String) {
    line(out, format_args!("- **{}** ({}): {}", problem.level.name(), problem.kind.name(), text(&problem.message)));
    for (app, what) in &problem.evidence {
        line(out, format_args!("  - {app} app: {}", text(what)));
    }
    line(out, format_args!("  - {}", text(&problem.help)));
}

/// The statements that replace a migration.
fn split(split: &SplitView, out: &mut String) {
    line(out, format_args!("\n## Instead of {}\n", text(&split.label)));
    for (when, statements) in &split.pieces {
        line(out, format_args!("{}:\n\n```sql", text(when)));
        for sql in statements {
            line(out, format_args!("{};", escape(sql.trim_end_matches(';')).replace("```", "` ` `")));
        }
        out.push_str("```\n\n");
    }
    for left in &split.left {
        line(out, format_args!("- by hand: {}", text(left)));
    }
}

fn stage(stage: &StageView, out: &mut String) {
    if stage.entries.is_empty() {
        line(out, format_args!("\n### {}\n\nNothing to run.", stage.name));
        return;
    }
    line(out, format_args!("\n### {}\n\n_{}_\n", stage.name, text(stage.serving)));
    stage.entries.iter().for_each(|found| entry(found, out));
    out.push('\n');
    if let Some(command) = &stage.command {
        line(out, format_args!("- run: {}", text(command)));
    }
    line(out, format_args!("- works afterwards: old {}, new {}", verdict(&stage.old), verdict(&stage.new)));
    line(out, format_args!("- rollback: {}", text(&stage.back)));
    for note in &stage.notes {
        line(out, format_args!("  - {}", text(note)));
    }
}

fn entry(entry: &EntryView, out: &mut String) {
    line(out, format_args!("- [ ] **{}** ({}) — {}", text(&entry.label), entry.phase, text(&entry.path)));
    for about in entry.moved.iter().chain(&entry.copies) {
        line(out, format_args!("  - {}", text(about)));
    }
    for lock in &entry.locks {
        line(out, format_args!("  - {}: {} {}", text(&lock.what), lock.who, lock.held));
    }
    for (level, id, message) in &entry.remarks {
        line(out, format_args!("  - {} ({id}): {}", level.name(), text(message)));
    }
}

fn verdict(verdict: &Verdict) -> String {
    match &verdict.example {
        Some(example) => format!("✗ {}", text(example)),
        None => "✓".into(),
    }
}

fn cell(verdict: &Verdict) -> &'static str {
    if verdict.ok { "✓" } else { "✗" }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

/// Foreign text, on one line, as text: nothing in it is markup.
fn text(foreign: &str) -> String {
    let mut out = String::with_capacity(foreign.len() + 8);
    for character in escape_line(foreign).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}
