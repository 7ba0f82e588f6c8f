//! Tokens to statements: cuts at the `;` that end statements, and at no other. Bodies with inner semicolons, data between
//! statements and commands to the client are told apart here; comments give their directives to the statement they stand
//! above.

use super::scan::{Lexis, Scanner, Token, TokenKind, Unterminated};
use super::{Directive, ParsedScript, Problem, RawStatement, StatementKind, directive};
use crate::source::{FileId, Script, Sources, Span};

/// The statements of a script, with the directives that apply to them.
///
/// Directives also count between the chunks and above the first one, where runners have markers of their own
/// (`-- +goose StatementBegin`).
pub fn split(sources: &Sources, script: &Script, lexis: &Lexis) -> ParsedScript {
    let Some(first) = script.chunks.first() else { return ParsedScript::default() };
    let mut splitter = Splitter::new(first.file, lexis);
    let text = sources.text(first.file);
    let lead = lead_in(text, first.start as usize);
    if lead > 0 {
        splitter.header(&text[..lead]);
        splitter.at_top = false;
    }
    let mut at = lead;
    for chunk in &script.chunks {
        if chunk.file == splitter.file && chunk.start as usize >= at {
            splitter.gap(&text[at..chunk.start as usize], at);
        }
        splitter.file = chunk.file;
        splitter.chunk(sources.slice(*chunk), chunk.start as usize);
        at = chunk.end as usize;
    }
    splitter.finish()
}

/// The statements of a text that stands at `offset` in `file`: a whole file, or the body of a function.
pub fn split_text(text: &str, file: FileId, offset: usize, lexis: &Lexis) -> ParsedScript {
    let mut splitter = Splitter::new(file, lexis);
    splitter.chunk(text, offset);
    splitter.finish()
}

/// Where the comments and blank lines directly above `start` begin.
fn lead_in(text: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(above) = text[..at].strip_suffix('\n') {
        let line = above.rfind('\n').map_or(0, |end| end + 1);
        let content = above[line..].trim_start_matches('\u{feff}').trim();
        if !content.is_empty() && !content.starts_with("--") {
            break;
        }
        at = line;
    }
    at
}

struct Splitter<'l> {
    file: FileId,
    lexis: &'l Lexis,
    script: ParsedScript,
    /// Of the comments since the last statement.
    pending: Vec<Directive>,
    /// No statement was met yet.
    at_top: bool,
    /// A statement ended on this line.
    behind_statement: bool,
}

impl<'l> Splitter<'l> {
    fn new(file: FileId, lexis: &'l Lexis) -> Self {
        let script = ParsedScript::default();
        Splitter { file, lexis, script, pending: Vec::new(), at_top: true, behind_statement: false }
    }

    /// The top of a file whose script begins further down: only what holds for the whole file matters.
    fn header(&mut self, text: &str) {
        for token in Scanner::new(text, self.lexis).take_while(Token::is_trivia) {
            self.trivia(token, text, 0, false);
        }
        self.pending.clear();
    }

    /// Text of the runner between chunks.
    fn gap(&mut self, text: &str, offset: usize) {
        for token in Scanner::new(text, self.lexis) {
            if token.is_trivia() {
                self.trivia(token, text, offset, false);
            } else {
                self.pending.clear();
            }
        }
    }

    fn chunk(&mut self, text: &str, offset: usize) {
        let mut scanner = Scanner::new(text, self.lexis);
        let mut open: Option<Open> = None;
        // Whether the last statement's data begins on the next line.
        let mut awaits_data = false;
        while let Some(token) = scanner.next() {
            let word = token.text(text);
            match token.kind {
                TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => {
                    self.trivia(token, text, offset, open.is_some());
                    if let (true, TokenKind::Space, Some(line)) = (awaits_data, token.kind, word.find('\n')) {
                        awaits_data = false;
                        scanner.skip_to(self.data(text, offset, token.start + line + 1));
                    }
                }
                TokenKind::Delimiter if open.as_ref().is_none_or(Open::may_end) => {
                    if let Some(done) = open.take() {
                        awaits_data = done.reads_stdin && self.lexis.copy_data;
                        self.close(done, offset);
                    }
                }
                TokenKind::MetaCommand if open.is_none() || sends_statement(word) => {
                    if let Some(done) = open.take() {
                        self.close(done, offset);
                    }
                    awaits_data = self.lexis.copy_data && copies_from_stdin(word);
                    self.client_command(offset + token.start, word);
                }
                _ => open.get_or_insert_with(|| self.open(token.start)).push(token, text, self.lexis),
            }
        }
        if let Some(mut rest) = open {
            rest.complain_if_unfinished();
            self.close(rest, offset);
        }
    }

    /// A comment or white space; `inside` says that a statement is open.
    fn trivia(&mut self, token: Token, text: &str, offset: usize, inside: bool) {
        let text = token.text(text);
        if token.kind == TokenKind::Space {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count();
            if lines > 0 && !inside {
                self.behind_statement = false;
            }
            if lines > 1 && self.at_top {
                self.script.file_directives.append(&mut self.pending);
            }
            return;
        }
        let (good, bad) = directive::read(text, self.file, offset + token.start);
        self.script.bad_directives.extend(bad);
        if inside || self.behind_statement {
            let message = "a directive stands on the line above the statement that it is for";
            self.refuse(good, message);
        } else {
            self.pending.extend(good);
        }
    }

    fn refuse(&mut self, directives: Vec<Directive>, message: &str) {
        let problems = directives.into_iter().map(|directive| Problem { span: directive.span, message: message.into() });
        self.script.bad_directives.extend(problems);
    }

    fn open(&mut self, start: usize) -> Open {
        self.at_top = false;
        Open::new(start, std::mem::take(&mut self.pending))
    }

    fn close(&mut self, done: Open, offset: usize) {
        self.behind_statement = true;
        let span = |start, end| Span::new(self.file, offset + start, offset + end);
        self.script.statements.push(RawStatement {
            span: span(done.start, done.end),
            kind: StatementKind::Sql,
            directives: done.directives,
            problem: done.problem.map(|(start, end, message)| Problem { span: span(start, end), message: message.into() }),
        });
    }

    fn client_command(&mut self, start: usize, text: &str) {
        let Open { directives, .. } = self.open(start);
        let span = Span::new(self.file, start, start + text.trim_end().len());
        self.script.statements.push(RawStatement { span, kind: StatementKind::ClientCommand, directives, problem: None });
        self.behind_statement = true;
    }

    /// Gives the last statement the data that begin at `start`; returns where SQL goes on.
    fn data(&mut self, text: &str, offset: usize, start: usize) -> usize {
        let Some(statement) = self.script.statements.last_mut() else { return start };
        let mut at = start;
        let mut terminated = false;
        for line in text[start..].split_inclusive('\n') {
            at += line.len();
            if line.trim_end_matches(['\n', '\r']) == "\\." {
                terminated = true;
                break;
            }
        }
        let span = Span::new(self.file, offset + start, offset + at);
        if !terminated && !text[start..].trim().is_empty() {
            let message = "the data of this COPY run to the end of the text: the line `\\.` that ends them is missing".into();
            statement.problem = Some(Problem { span: statement.span, message });
        }
        statement.kind = match statement.kind {
            StatementKind::Sql | StatementKind::SqlWithData(_) => StatementKind::SqlWithData(span),
            StatementKind::ClientCommand | StatementKind::ClientCommandWithData(_) => StatementKind::ClientCommandWithData(span),
        };
        at
    }

    fn finish(mut self) -> ParsedScript {
        let rest = std::mem::take(&mut self.pending);
        self.refuse(rest, "no statement follows this directive");
        self.script
    }
}

/// A statement whose end was not met yet. Offsets are those of the scanned text.
struct Open {
    start: usize,
    end: usize,
    directives: Vec<Directive>,
    problem: Option<(usize, usize, &'static str)>,
    form: Form,
    /// Of open parentheses.
    parentheses: u32,
    /// Of `BEGIN` and `CASE` without their `END`.
    body: u32,
    before: Before,
    reads_stdin: bool,
}

/// What the first words of a statement say about the semicolons in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// No word yet.
    Start,
    /// `CREATE`, and words that may stand before the kind of object.
    Create,
    /// `CREATE RULE`: several actions stand in parentheses.
    Rule,
    /// `CREATE FUNCTION` or `PROCEDURE`: a body may stand between `BEGIN ATOMIC` and `END`.
    Routine,
    /// `CREATE TRIGGER` with a body between `BEGIN` and `END`.
    Trigger,
    /// `COPY`: data may follow.
    Copy,
    /// Anything else.
    Other,
}

/// The token before, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Begin,
    From,
    /// `AS` or `.`: what follows is a name, even if it reads like a keyword.
    Naming,
    Other,
}

impl Open {
    fn new(start: usize, directives: Vec<Directive>) -> Self {
        Open {
            start,
            end: start,
            directives,
            problem: None,
            form: Form::Start,
            parentheses: 0,
            body: 0,
            before: Before::Other,
            reads_stdin: false,
        }
    }

    fn may_end(&self) -> bool {
        self.body == 0 && (self.form != Form::Rule || self.parentheses == 0)
    }

    fn push(&mut self, token: Token, text: &str, lexis: &Lexis) {
        self.end = token.end;
        match (token.kind, token.text(text)) {
            (TokenKind::Word, word) => return self.word(word, lexis),
            (TokenKind::Punctuation, "(") => self.parentheses += 1,
            (TokenKind::Punctuation, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (TokenKind::Unterminated(what), rest) => {
                let (length, message) = unterminated(what, rest);
                self.problem = Some((token.start, token.start + length, message));
            }
            _ => {}
        }
        if self.form == Form::Start {
            self.form = Form::Other;
        }
        self.before = if token.text(text) == "." { Before::Naming } else { Before::Other };
    }

    fn word(&mut self, word: &str, lexis: &Lexis) {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        self.form = match self.form {
            Form::Start if is("CREATE") => Form::Create,
            Form::Start if is("COPY") => Form::Copy,
            Form::Create if is("OR") || is("REPLACE") || is("TEMP") || is("TEMPORARY") => Form::Create,
            Form::Create if is("RULE") => Form::Rule,
            Form::Create if is("FUNCTION") || is("PROCEDURE") => Form::Routine,
            Form::Create if is("TRIGGER") && lexis.trigger_bodies => Form::Trigger,
            Form::Start | Form::Create => Form::Other,
            decided => decided,
        };
        let before = std::mem::replace(&mut self.before, Before::Other);
        match self.form {
            _ if is("AS") => self.before = Before::Naming,
            Form::Routine | Form::Trigger if before == Before::Naming => {}
            Form::Routine | Form::Trigger if self.body > 0 => match () {
                () if is("CASE") => self.body += 1,
                () if is("END") => self.body -= 1,
                () => {}
            },
            Form::Routine if before == Before::Begin && is("ATOMIC") => self.body = 1,
            Form::Routine if is("BEGIN") => self.before = Before::Begin,
            Form::Trigger if is("BEGIN") => self.body = 1,
            Form::Copy if is("FROM") => self.before = Before::From,
            Form::Copy if before == Before::From && is("STDIN") && self.parentheses == 0 => self.reads_stdin = true,
            _ => {}
        }
    }

    /// At the end of the text.
    fn complain_if_unfinished(&mut self) {
        if self.problem.is_none() && self.body > 0 {
            self.problem = Some((self.start, self.end, "the body of this statement has no END"));
        } else if self.problem.is_none() && !self.may_end() {
            self.problem = Some((self.start, self.end, "a parenthesis in this statement is not closed"));
        }
    }
}

/// The length of what opens and the complaint about it.
fn unterminated(what: Unterminated, rest: &str) -> (usize, &'static str) {
    let upto = |quotes: &[char]| rest.find(quotes).map_or(1, |at| at + 1);
    match what {
        Unterminated::String => (upto(&['\'', '"']), "this string is never closed"),
        Unterminated::QuotedWord => (upto(&['"', '`', '[']), "this quoted identifier is never closed"),
        Unterminated::DollarString => (rest[1..].find('$').map_or(1, |at| at + 2), "this dollar-quoted string is never closed"),
        Unterminated::Comment => (2, "this comment is never closed"),
    }
}

/// Whether a client command sends the statement typed so far, as `;` does (`psql`: `\g` and its kin).
fn sends_statement(command: &str) -> bool {
    let name = command.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    matches!(name, "\\g" | "\\gx" | "\\gexec" | "\\gset" | "\\gdesc" | "\\watch" | "\\crosstabview")
}

fn copies_from_stdin(command: &str) -> bool {
    let mut words = command.split_ascii_whitespace();
    words.next() == Some("\\copy")
        && words
            .clone()
            .zip(words.skip(1))
            .any(|(word, next)| word.eq_ignore_ascii_case("from") && next.trim_end_matches(';').eq_ignore_ascii_case("stdin"))
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
