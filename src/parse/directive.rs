//! What people tell migsafe in SQL comments: `-- migsafe: allow(rule-id) reason="..."` and its siblings. What is
//! malformed is said with its place, never ignored: a directive that silently does nothing is worse than none.

use smol_str::SmolStr;

use super::Problem;
use crate::source::{FileId, Span};

/// One directive of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// From its name to the end of its value or reason.
    pub span: Span,
    /// What it asks for.
    pub kind: DirectiveKind,
}

/// What a directive asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `allow(rule-id, ...) reason="..."`: the findings of these rules are accepted.
    Allow {
        /// The ids as written, each with its place. Whether such a rule exists is not known here.
        rules: Vec<(SmolStr, Span)>,
        /// Why.
        reason: SmolStr,
    },
    /// `gate="..."`: a further gate for a contract step.
    Gate(SmolStr),
    /// `phase=contract`: an assertion; a disagreement is a finding.
    Phase(AssertedPhase),
    /// `down=manual reason="..."`: no down is to be computed.
    DownManual {
        /// Why.
        reason: SmolStr,
    },
}

/// The phases that a directive can assert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssertedPhase {
    /// Safe at any moment.
    Free,
    /// Before the deploy.
    Expand,
    /// Moves data, between expand and contract.
    Migrate,
    /// After the last old instance.
    Contract,
    /// No safe moment.
    Breaking,
}

impl AssertedPhase {
    /// Every phase with its name.
    pub const ALL: [(&'static str, AssertedPhase); 5] = [
        ("free", AssertedPhase::Free),
        ("expand", AssertedPhase::Expand),
        ("migrate", AssertedPhase::Migrate),
        ("contract", AssertedPhase::Contract),
        ("breaking", AssertedPhase::Breaking),
    ];
}

/// The directives of one comment, which stands at `offset` in its file; its text is with `--` or `/* */`.
pub(super) fn read(comment: &str, file: FileId, offset: usize) -> (Vec<Directive>, Vec<Problem>) {
    let mut reader = Reader { comment, at: 0, file, offset, good: Vec::new(), bad: Vec::new() };
    if let Some(start) = introduction(comment) {
        reader.at = start;
        if reader.take(":") {
            reader.items();
        } else if reader.looks_like_item() {
            reader.complain(start, start + 1, "write `migsafe:` with a colon before a directive".into());
        }
    }
    (reader.good, reader.bad)
}

/// Where the comment goes on after the word `migsafe`, if it begins with it.
fn introduction(comment: &str) -> Option<usize> {
    let inside = comment.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '#' | '/' | '*'));
    let rest = inside.strip_prefix("migsafe")?;
    (!rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).then_some(comment.len() - rest.len())
}

/// The names of all directives, as people write them.
const NAMES: [&str; 5] = ["allow", "gate", "phase", "down", "reason"];

struct Reader<'t> {
    comment: &'t str,
    at: usize,
    file: FileId,
    offset: usize,
    good: Vec<Directive>,
    bad: Vec<Problem>,
}

/// The directive is malformed; the complaint was made.
struct Malformed;

impl<'t> Reader<'t> {
    fn items(&mut self) {
        let first = self.at;
        let mut some = false;
        while !self.at_end() {
            some = true;
            if self.item().is_err() {
                return;
            }
        }
        if !some {
            self.complain(first - 1, first, format!("a directive is missing: {}", choices(&NAMES[..4])));
        }
    }

    fn item(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        let name = self.word();
        let kind = match name {
            "allow" => {
                let rules = self.rules()?;
                DirectiveKind::Allow { rules, reason: self.reason(start, "allow(...)")? }
            }
            "gate" => DirectiveKind::Gate(self.value("gate=\"what must be true first\"")?),
            "phase" => DirectiveKind::Phase(self.phase()?),
            "down" => {
                self.choice("down=manual reason=\"...\"", &["manual"])?;
                DirectiveKind::DownManual { reason: self.reason(start, "down=manual")? }
            }
            "reason" => {
                return self.fail(
                    start,
                    self.at,
                    "a reason follows the directive that it explains, `allow(...)` or `down=manual`".into(),
                );
            }
            "" => {
                return self.fail(
                    start,
                    self.next_char(start),
                    format!("a directive is expected here: {}", choices(&NAMES[..4])),
                );
            }
            other => return self.fail(start, self.at, unknown("directive", other, &NAMES[..4])),
        };
        self.good.push(Directive { span: self.span(start, self.at), kind });
        Ok(())
    }

    /// `(rule-id, ...)`.
    fn rules(&mut self) -> Result<Vec<(SmolStr, Span)>, Malformed> {
        let open = self.at;
        if !self.take("(") {
            return self.fail(
                open,
                self.next_char(open),
                "write the rules in parentheses: `allow(rule-id) reason=\"...\"`".into(),
            );
        }
        let mut rules = Vec::new();
        loop {
            self.skip_space();
            let start = self.at;
            let name = self.word();
            if name.is_empty() {
                return self.fail(
                    start,
                    self.next_char(start),
                    "the id of a rule is expected here; `migsafe explain` lists them".into(),
                );
            }
            rules.push((SmolStr::new(name), self.span(start, self.at)));
            self.skip_space();
            if self.take(")") {
                return Ok(rules);
            }
            if !self.take(",") {
                return self.fail(open, self.at, "`allow(` is not closed: `)` or `,` is expected after a rule's id".into());
            }
        }
    }

    /// `reason="..."`, which belongs to the directive from `start` on.
    fn reason(&mut self, start: usize, of: &str) -> Result<SmolStr, Malformed> {
        let end = self.at;
        self.skip_space();
        let at = self.at;
        if self.word() != "reason" {
            return self.fail(start, end, format!("the reason is missing: `{of} reason=\"...\"`"));
        }
        let reason = self.value("reason=\"...\"")?;
        if reason.trim().is_empty() {
            return self.fail(at, self.at, "the reason is empty: say why this is safe here".into());
        }
        Ok(reason)
    }

    fn phase(&mut self) -> Result<AssertedPhase, Malformed> {
        let names = AssertedPhase::ALL.map(|(name, _)| name);
        let name = self.choice("phase=contract", &names)?;
        let (_, phase) =
            AssertedPhase::ALL.into_iter().find(|(other, _)| *other == name).expect("the choice is one of the names");
        Ok(phase)
    }

    /// `=word`, where the word is one of `choices`.
    fn choice(&mut self, example: &str, choices: &[&str]) -> Result<&'t str, Malformed> {
        self.equals(example)?;
        let start = self.at;
        let word = self.word();
        if choices.contains(&word) {
            return Ok(word);
        }
        if word.is_empty() {
            return self.fail(start, self.next_char(start), format!("write `{example}`"));
        }
        self.fail(start, self.at, unknown("value", word, choices))
    }

    /// `="text"`.
    fn value(&mut self, example: &str) -> Result<SmolStr, Malformed> {
        self.equals(example)?;
        let start = self.at;
        if !self.take("\"") {
            return self.fail(start, self.next_char(start), format!("the value stands in double quotes: `{example}`"));
        }
        let Some(length) = self.inside().find('"') else {
            let end = self.at + self.inside().trim_end().len();
            return self.fail(start, end, "the quote is not closed on this line".into());
        };
        let value = SmolStr::new(&self.inside()[..length]);
        self.at += length + 1;
        Ok(value)
    }

    fn equals(&mut self, example: &str) -> Result<(), Malformed> {
        let start = self.at;
        self.skip_space();
        if !self.take("=") {
            return self.fail(start, self.next_char(start), format!("write `{example}`"));
        }
        self.skip_space();
        Ok(())
    }

    /// Whether something follows that would be a directive after `migsafe:`.
    fn looks_like_item(&mut self) -> bool {
        self.skip_space();
        let name = self.word();
        NAMES.contains(&name) && self.inside().trim_start().starts_with(['(', '='])
    }

    /// What is left of the comment, without its closing `*/`.
    fn inside(&self) -> &'t str {
        let end = if self.comment.starts_with("/*") { self.comment.len() - 2 } else { self.comment.len() };
        self.comment.get(self.at..end).unwrap_or("")
    }

    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.inside().is_empty()
    }

    fn skip_space(&mut self) {
        let inside = self.inside();
        self.at += inside.len() - inside.trim_start().len();
    }

    fn take(&mut self, what: &str) -> bool {
        let found = self.inside().starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    fn word(&mut self) -> &'t str {
        let inside = self.inside();
        let end = inside.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(inside.len());
        self.at += end;
        &inside[..end]
    }

    /// The end of the character at `start`, or `start` at the comment's end.
    fn next_char(&self, start: usize) -> usize {
        start + self.comment[start..].chars().next().map_or(0, char::len_utf8)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.offset + start, self.offset + end)
    }

    fn complain(&mut self, start: usize, end: usize, message: String) {
        self.bad.push(Problem { span: self.span(start, end), message });
    }

    fn fail<T>(&mut self, start: usize, end: usize, message: String) -> Result<T, Malformed> {
        self.complain(start, end, message);
        Err(Malformed)
    }
}

fn choices(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|name| (strsim::damerau_levenshtein(word, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= 2 => format!("unknown {what} `{word}`; did you mean `{name}`?"),
        Some(_) | None => format!("unknown {what} `{word}`; known: {}", choices(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    /// What a comment gives, one line each; `text` marks the place.
    fn show(comment: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", comment);
        let (good, bad) = read(comment, file, 0);
        let good = good.into_iter().map(|directive| {
            let kind = match directive.kind {
                DirectiveKind::Allow { rules, reason } => {
                    format!("allow {:?} {reason}", rules.iter().map(|(_, span)| sources.slice(*span)).collect::<Vec<_>>())
                }
                DirectiveKind::Gate(gate) => format!("gate {gate}"),
                DirectiveKind::Phase(phase) => format!("phase {phase:?}"),
                DirectiveKind::DownManual { reason } => format!("down {reason}"),
            };
            format!("{kind} @ {}", sources.slice(directive.span))
        });
        let bad = bad.into_iter().map(|bad| format!("! {} @ {}", bad.message, sources.slice(bad.span)));
        good.chain(bad).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn good_directives() {
        let cases = [
            ("-- migsafe: allow(a-b) reason=\"x; y\"", "allow [\"a-b\"] x; y @ allow(a-b) reason=\"x; y\""),
            ("--migsafe:allow( a , b )  reason = \"ü\" ", "allow [\"a\", \"b\"] ü @ allow( a , b )  reason = \"ü\""),
            ("/* migsafe: gate=\"flag on\" */", "gate flag on @ gate=\"flag on\""),
            ("/*\n * migsafe:\n phase=contract\n*/", "phase Contract @ phase=contract"),
            (
                "-- migsafe: down=manual reason=\"x\" phase=expand",
                "down x @ down=manual reason=\"x\"\nphase Expand @ phase=expand",
            ),
            ("-- see migsafe: allow(x)", ""),
            ("-- migsafe-check: allow(x)", ""),
            ("-- migsafe is a tool", ""),
            ("--", ""),
        ];
        for (comment, expected) in cases {
            assert_eq!(show(comment), expected, "{comment}");
        }
    }

    #[test]
    fn bad_directives() {
        let cases = [
            ("-- migsafe: allow(a)", "! the reason is missing: `allow(...) reason=\"...\"` @ allow(a)"),
            ("-- migsafe: allow(a) reason=\" \"", "! the reason is empty: say why this is safe here @ reason=\" \""),
            ("-- migsafe: allow(a) reason=\"b ", "! the quote is not closed on this line @ \"b"),
            ("/* migsafe: gate=\"b */", "! the quote is not closed on this line @ \"b"),
            ("-- migsafe: allow(a) reason='b'", "! the value stands in double quotes: `reason=\"...\"` @ '"),
            ("-- migsafe: alow(a)", "! unknown directive `alow`; did you mean `allow`? @ alow"),
            ("-- migsafe: ignore", "! unknown directive `ignore`; known: `allow`, `gate`, `phase`, `down` @ ignore"),
            ("-- migsafe: allow a", "! write the rules in parentheses: `allow(rule-id) reason=\"...\"` @  "),
            ("-- migsafe: allow()", "! the id of a rule is expected here; `migsafe explain` lists them @ )"),
            ("-- migsafe: allow(a b)", "! `allow(` is not closed: `)` or `,` is expected after a rule's id @ (a "),
            ("-- migsafe: phase=contrct", "! unknown value `contrct`; did you mean `contract`? @ contrct"),
            ("-- migsafe: phase", "! write `phase=contract` @ "),
            ("-- migsafe: down=auto", "! unknown value `auto`; known: `manual` @ auto"),
            (
                "-- migsafe: reason=\"a\"",
                "! a reason follows the directive that it explains, `allow(...)` or `down=manual` @ reason",
            ),
            ("-- migsafe:", "! a directive is missing: `allow`, `gate`, `phase`, `down` @ :"),
            ("-- migsafe: (a)", "! a directive is expected here: `allow`, `gate`, `phase`, `down` @ ("),
            ("-- migsafe allow(a)", "! write `migsafe:` with a colon before a directive @  "),
        ];
        for (comment, expected) in cases {
            assert_eq!(show(comment), expected, "{comment}");
        }
    }
}
