//! Making a case small: statements, and parts of them, are left out while the same kind of disagreement remains.

use super::case::Case;
use super::judge::{self, Disagreement};
use migsafe::verify::Server;
use std::time::{Duration, Instant};

/// `patience` is how long it may take; what is reached by then is shown.
pub fn shrink(server: &Server, case: &Case, disagreement: Disagreement, patience: Duration) -> (Case, Disagreement) {
    let mut shrink = Shrink { server, until: Instant::now() + patience, case: case.clone(), disagreement };
    while shrink.statements() | shrink.parts() {}
    (shrink.case, shrink.disagreement)
}

struct Shrink<'s> {
    server: &'s Server,
    until: Instant,
    case: Case,
    disagreement: Disagreement,
}

impl Shrink<'_> {
    /// Takes a smaller case if it shows the same.
    fn accept(&mut self, case: Case) -> bool {
        if Instant::now() > self.until {
            return false;
        }
        let found =
            judge::again(self.server, &case, &self.disagreement).into_iter().find(|found| found.key == self.disagreement.key);
        let Some(found) = found else { return false };
        self.case = case;
        self.disagreement = found;
        true
    }

    /// Leaves out statements, many at a time first. Whether any went.
    fn statements(&mut self) -> bool {
        let mut went = false;
        for migration in (0..self.case.migrations.len()).rev() {
            let mut size = self.case.migrations[migration].len();
            while size > 0 {
                let mut end = self.case.migrations[migration].len();
                while end > 0 {
                    let start = end.saturating_sub(size);
                    let mut smaller = self.case.clone();
                    smaller.migrations[migration].drain(start..end);
                    if migration > 0 {
                        smaller.migrations.retain(|statements| !statements.is_empty());
                    }
                    if smaller.migrations.len() > 1 || self.case.migrations.len() == 1 {
                        went |= self.accept(smaller);
                    }
                    if migration >= self.case.migrations.len() {
                        return went;
                    }
                    end = start;
                }
                size /= 2;
            }
        }
        went
    }

    /// Leaves out columns, actions, options. Whether any went.
    fn parts(&mut self) -> bool {
        let mut went = false;
        for migration in 0..self.case.migrations.len() {
            for at in 0..self.case.migrations[migration].len() {
                let mut number = 0;
                while let Some(text) = without_part(&self.case.migrations[migration][at], number) {
                    let mut smaller = self.case.clone();
                    smaller.migrations[migration][at] = text;
                    if self.accept(smaller) {
                        went = true;
                    } else {
                        number += 1;
                    }
                }
            }
        }
        went
    }
}

/// A statement without its part of that number, the commas in it counted, inside the outermost parentheses and outside.
fn without_part(text: &str, number: usize) -> Option<String> {
    let (mut depth, mut in_string) = (0_i32, false);
    // Where each part begins: after an opening parenthesis or a comma; and where it ends.
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut starts: Vec<Option<usize>> = vec![None];
    for (at, character) in text.char_indices() {
        match character {
            '\'' => in_string = !in_string,
            _ if in_string => {}
            '(' => {
                depth += 1;
                starts.push(Some(at + 1));
            }
            ',' | ')' => {
                let start = starts.last().copied().flatten();
                match (start, character) {
                    (Some(start), ',') if depth <= 1 => {
                        parts.push((start, at + 1));
                        *starts.last_mut()? = Some(at + 1);
                    }
                    (Some(start), ')') if depth == 1 => parts.push((start, at)),
                    _ => {}
                }
                if character == ')' {
                    depth -= 1;
                    starts.pop();
                }
            }
            _ => {}
        }
    }
    let (start, end) = *parts.get(number)?;
    // The last one takes the comma before it.
    let from = if text[..end].ends_with(',') { start } else { text[..start].strip_suffix(',').map_or(start, str::len) };
    Some(format!("{}{}", &text[..from], &text[end..]))
}
