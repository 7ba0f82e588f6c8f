//! `migsafe explain`

use super::args::{Common, Explain as Args};
use super::{Failure, Outcome, output};
use anstyle::{AnsiColor, Style};
use migsafe::rules::{self, Level, RULES, Rule};
use std::fmt::Write;

pub fn run(args: &Args, common: &Common) -> Result<Outcome, Failure> {
    let color = output::look(common, None).color;
    let text = match &args.rule {
        None => table(color),
        Some(id) => match rules::find(id) {
            Some(rule) => documentation(rule, color),
            None => {
                let hint = rules::nearest(id).map(|rule| format!("did you mean `{}`?", rule.id));
                let hint = hint.unwrap_or_else(|| "`migsafe explain` lists the rules".into());
                return Err(Failure(format!("there is no rule `{id}`; {hint}")));
            }
        },
    };
    output::write(&text, None)?;
    Ok(Outcome::Success)
}

/// Every rule with its severity and its hazard, by topic.
fn table(color: bool) -> String {
    let mut rules = RULES.to_vec();
    rules.sort_by_key(|rule| (rule.topic, rule.id));
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut topic = None;
    for rule in rules {
        if topic != Some(rule.topic) {
            let gap = if topic.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", paint(color, Style::new().bold(), rule.topic.name()))
                .expect("writing to a string cannot fail");
            topic = Some(rule.topic);
        }
        let level = paint(color, level_style(rule.level), &format!("{:<7}", rule.level.name()));
        writeln!(out, "  {:<width$}  {level}  {}", rule.id, rule.summary()).expect("writing to a string cannot fail");
    }
    out
}

/// A rule's documentation, its Markdown made readable.
fn documentation(rule: &Rule, color: bool) -> String {
    let level = paint(color, level_style(rule.level), rule.level.name());
    let id = paint(color, Style::new().bold(), rule.id);
    let mut out = format!("{id}  {level}  {}\n\n", rule.topic.name());
    let mut in_code = false;
    for line in rule.docs.trim().lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(fence) = line.trim().strip_prefix("```") {
            in_code = !in_code;
            let heading = match fence {
                "sql,bad" => "Reported:",
                "sql,good" => "Not reported:",
                _ => continue,
            };
            writeln!(out, "{}\n", paint(color, Style::new().bold(), heading)).expect("writing to a string cannot fail");
        } else if in_code {
            writeln!(out, "    {line}").expect("writing to a string cannot fail");
        } else {
            writeln!(out, "{}", inline(line, color)).expect("writing to a string cannot fail");
        }
    }
    out
}

/// `code` in colour where there is colour.
fn inline(line: &str, color: bool) -> String {
    if !color {
        return line.to_owned();
    }
    let parts = line.split('`').enumerate();
    parts
        .map(|(number, part)| if number % 2 == 1 { paint(true, AnsiColor::Cyan.on_default(), part) } else { part.to_owned() })
        .collect()
}

fn level_style(level: Level) -> Style {
    match level {
        Level::Error => AnsiColor::Red.on_default(),
        Level::Warning => AnsiColor::Yellow.on_default(),
        Level::Info => AnsiColor::Cyan.on_default(),
        Level::Off => Style::new().dimmed(),
    }
}

fn paint(color: bool, style: Style, text: &str) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
