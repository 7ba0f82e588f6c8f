//! Computed downs as one script, the last migration's first, with what there is to say of each as comments: the output as it is can be
//! given to a database.

use crate::assess::Broken;
use crate::dialect::Dialect;
use crate::lint::Back;
use crate::paired::{Pair, label};
use crate::read::{self, DownState, Project};
use crate::report::DownReport;
use crate::report::escape::{escape_line, escape_sql};
use crate::report::human::lock_text;
use crate::rules::{Finding, Level};
use std::fmt::Write;

/// The downs of these migrations, with or without what there is to say of them.
///
/// Of those that keep what they destroy also the migration with the copies, before it, and the script that gives the copies up, after
/// it: those are to be put into files.
pub fn down_print(project: &Project, report: &DownReport<'_>, quiet: bool, dialect: &dyn Dialect) -> String {
    let mut out = String::new();
    for pair in report.pairs.iter().rev() {
        if !out.is_empty() {
            out.push('\n');
        }
        let up = report.kept.iter().find(|up| up.migration == pair.migration);
        if let Some(up) = up {
            let file = project.sources.path(project.history.migrations[up.migration].file);
            titled(&mut out, &format!("{}: with copies of what it destroys", file.display()));
            out.push_str(&escape_sql(read::with_insertions(project, up).trim_end()));
            out.push_str("\n\n");
        }
        let back = report.computed.iter().find(|back| back.migration == pair.migration);
        for line in if quiet { Vec::new() } else { remarks(project, pair, back, dialect) } {
            writeln!(out, "-- {}", escape_line(&line)).expect("writing to a string cannot fail");
        }
        out.push_str(&escape_sql(&pair.script));
        if let Some(up) = up {
            out.push('\n');
            titled(&mut out, &format!("{}: when the data may go", read::purge_path(project, up.migration).display()));
            out.push_str(&escape_sql(&up.purge));
        }
    }
    out
}

fn titled(out: &mut String, title: &str) {
    writeln!(out, "-- {}", escape_line(title)).expect("writing to a string cannot fail");
}

/// What there is to say of a down beside its own head.
fn remarks(project: &Project, pair: &Pair, back: Option<&Back>, dialect: &dyn Dialect) -> Vec<String> {
    let name = label(&project.history.migrations[pair.migration]);
    let mut out = vec![match read::down_path(project, pair.migration) {
        Some(path) => format!("{name}: the way back, for {}", path.display()),
        None => format!("{name}: the way back"),
    }];
    if pair.fails {
        out.push("The migration itself fails here, so this rests on part of it.".into());
    } else if !pair.known {
        out.push("The schema is not fully known from the migrations: read this before it runs.".into());
    }
    match pair.state {
        DownState::Written => out.push("There is one already, written by hand: --check compares it.".into()),
        DownState::Missing | DownState::Empty | DownState::Comments | DownState::Generated => {}
    }
    if let Err(reason) = &pair.transaction {
        out.push(format!("{} cannot run it like this: {reason}.", project.runner));
    }
    let Some(back) = back else { return out };
    let locks: Vec<String> = back.locks().into_iter().map(|lock| lock_text(lock, dialect)).collect();
    if !locks.is_empty() {
        out.push(format!("Locks: {}.", locks.join(", ")));
    }
    out.extend(found_texts(back));
    if let Some(broken) = back.breaks().next() {
        let more = back.breaks().count() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out.push(format!("The new application fails once this has run ({}{more}): roll it back first.", shown(broken, dialect)));
    }
    out
}

/// What the rules find in a computed down: a line for each rule that warns.
pub fn found_texts(back: &Back) -> Vec<String> {
    let mut rules: Vec<(&Finding, usize)> = Vec::new();
    for found in back.findings.iter().filter(|found| found.level >= Level::Warning) {
        match rules.iter_mut().find(|(first, _)| first.id() == found.id()) {
            Some((_, more)) => *more += 1,
            None => rules.push((found, 0)),
        }
    }
    let text = |(found, more): (&Finding, usize)| {
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let help = if found.help.is_empty() { String::new() } else { format!(". {}", found.help) };
        format!("{}: {}{more} [{}]{help}", found.level.name(), found.message, found.id())
    };
    rules.into_iter().map(text).collect()
}

/// A use that fails, and how.
pub(super) fn shown(broken: &Broken, dialect: &dyn Dialect) -> String {
    let error = broken.server_error(dialect);
    let state = error.sqlstate.map(|state| format!("{state} ")).unwrap_or_default();
    format!("{} -> {state}{}", broken.usage.sql(dialect), error.message)
}
