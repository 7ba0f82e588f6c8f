//! The few lines of a text around a place, fit for a terminal: foreign text is escaped, long lines and long statements are cut.

use super::escape::escape;
use std::ops::Range;

/// Some lines of a text and what is marked in them, in bytes.
pub(super) struct Excerpt {
    pub text: String,
    pub marked: Range<usize>,
    /// Whether columns can be counted in it: nothing before the mark was cut or escaped.
    pub is_exact: bool,
}

/// How many lines of what is marked are shown.
const MAX_LINES: usize = 5;

/// How many characters before, of and after what is marked are shown of a line.
const MAX_BEFORE: usize = 80;
const MAX_MARKED: usize = 400;
const MAX_AFTER: usize = 60;

/// The lines on which `place` stands. The first line of the excerpt is that on which it begins.
pub(super) fn excerpt(text: &str, place: Range<usize>) -> Excerpt {
    let line_start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
    let marked = &text[place.clone()];
    let mut lines = marked.split('\n');
    let mut shown: Vec<String> = lines.by_ref().take(MAX_LINES).map(|line| cut(line, MAX_MARKED)).collect();
    let is_whole = lines.next().is_none();
    if !is_whole {
        shown.push("...".into());
    }
    let mut out = cut_start(&text[line_start..place.start], MAX_BEFORE);
    let start = out.len();
    let is_exact = out == text[line_start..place.start];
    out.push_str(shown.join("\n").trim_end());
    let end = if is_whole { out.len() } else { out.len() - "\n...".len() };
    if is_whole {
        let rest = text[place.end..].lines().next().unwrap_or_default();
        out.push_str(&cut(rest, MAX_AFTER));
    }
    // A mark needs something to stand under.
    if out.len() == start {
        out.push(' ');
    }
    let next = out[start..].chars().next().map_or(1, char::len_utf8);
    Excerpt { marked: start..end.max(start + next), text: out, is_exact }
}

fn shown(text: &str) -> String {
    // Tabs are the renderer's to widen.
    text.trim_end_matches('\r').split('\t').map(escape).collect::<Vec<_>>().join("\t")
}

fn cut(line: &str, limit: usize) -> String {
    match line.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", shown(&line[..at])),
        None => shown(line),
    }
}

fn cut_start(line: &str, limit: usize) -> String {
    match line.char_indices().rev().nth(limit) {
        Some((at, character)) => format!("…{}", shown(&line[at + character.len_utf8()..])),
        None => shown(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, marked: &str, expected: &str) {
        let start = text.find(marked).expect("the marked text is there");
        let excerpt = excerpt(text, start..start + marked.len());
        let Range { start, end } = excerpt.marked;
        let shown = format!("{}[{}]{}", &excerpt.text[..start], &excerpt.text[start..end], &excerpt.text[end..]);
        assert_eq!(shown, expected);
    }

    #[test]
    fn only_the_lines_of_the_place_are_shown() {
        check("a;\nDROP TABLE b; -- why\nc;", "DROP TABLE b", "[DROP TABLE b]; -- why");
        check("\tx\x1b; drop\r\ny", "drop", "\tx\\u{1b}; [drop]");
        check("a\n", "", "[a]");
        check("", "", "[ ]");
        check("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\n5\n6\n7", "[1\n2\n3\n4\n5]\n...");
        let long = "x".repeat(1000);
        check(&format!("{long} drop {long}"), "drop", &format!("…{} [drop] {}…", "x".repeat(79), "x".repeat(59)));
    }
}
