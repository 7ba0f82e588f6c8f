//! Rollbacks of formatted SQL. Facts: `AbstractFormattedChangeLogParser.java`: what follows `--rollback ` on each line is put together
//! with line ends; the lines of a `/* liquibase rollback` block are put together *without* them, so that form is read and never
//! written. `SimpleSqlGrammar.jj`: statements are split at every `;` outside of quotes, and `$$` is no quote to it.

use super::{Line, attribute, classify, is_header, lines};
use crate::read::layout::{Found, Section, Spelling};
use crate::read::name::find_folded;
use crate::read::statement::with_plain_quotes;

pub(super) const SECTION: Section = Section { find, spell, gap: 0 };

/// The changeset that begins at or before `up`, and its rollback lines.
fn find(text: &str, up: usize) -> Result<Found, &'static str> {
    if !lines(text).any(|(_, line)| is_header(line)) {
        return Err("its file is not formatted SQL: the rollback belongs into the changelog that lists it");
    }
    let headers: Vec<(usize, &str)> = lines(text)
        .filter_map(|(at, line)| match classify(line) {
            Line::Changeset { attributes, .. } => Some((at, attributes)),
            _ => None,
        })
        .collect();
    let own = headers.iter().rposition(|(at, _)| *at <= up).unwrap_or(0);
    let (start, attributes) = *headers.get(own).ok_or("its file has no changeset")?;
    if attribute(attributes, "rollbackEndDelimiter").is_some_and(|delimiter| delimiter != ";") {
        return Err("its changeset has another rollbackEndDelimiter than `;`");
    }
    let end = headers.get(own + 1).map_or(text.len(), |(at, _)| *at);
    let mut found = Found { at: start + text[start..end].trim_end().len(), ..Found::default() };
    let whole_line = |at: usize, line: &str| {
        let after = at + line.len();
        after + text[after..end].find('\n').map_or(end - after, |newline| newline + 1)
    };
    let mut inner = String::new();
    let mut rest = lines(&text[start..end]).map(|(at, line)| (start + at, line));
    while let Some((at, line)) = rest.next() {
        match classify(line) {
            Line::Rollback(range) => {
                found.lines.push(at..whole_line(at, line));
                inner.push_str(&line[range]);
                inner.push('\n');
            }
            Line::RollbackBlock => {
                let mut last = whole_line(at, line);
                for (at, line) in rest.by_ref() {
                    last = whole_line(at, line);
                    inner.push_str(line.trim_end().trim_end_matches("*/"));
                    inner.push('\n');
                    if line.trim_end().ends_with("*/") {
                        break;
                    }
                }
                found.lines.push(at..last);
            }
            _ => {}
        }
    }
    found.inner = (!found.lines.is_empty()).then_some(inner);
    Ok(found)
}

fn spell(_: &str, _: &Found, script: Spelling<'_>) -> Result<String, &'static str> {
    let mut out = String::new();
    for chunk in script.chunks {
        let chunk = with_plain_quotes(chunk);
        if find_folded(&chunk, "changesetid").is_some() {
            return Err("it names `changesetid`, by which Liquibase takes a rollback for a reference to another changeset");
        }
        let mut code = false;
        for (_, line) in lines(chunk.trim_end()) {
            code |= !(line.trim().is_empty() || line.trim_start().starts_with("--"));
            // From the first word on an empty line may lie inside a string. The space after the word is part of the mark.
            if code || !line.trim().is_empty() {
                out.push_str("--rollback ");
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    Ok(out)
}
