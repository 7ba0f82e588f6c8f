//! What the splitter makes of texts: each case is an input and its pieces.

use super::*;
use crate::source::Transaction;

/// One line for each statement, directive and problem.
fn show(sources: &Sources, script: &ParsedScript) -> Vec<String> {
    let at = |span: Span| sources.slice(span).to_owned();
    let mut lines = Vec::new();
    for directive in &script.file_directives {
        lines.push(format!("file {}", at(directive.span)));
    }
    for statement in &script.statements {
        lines.extend(statement.directives.iter().map(|directive| format!("@ {}", at(directive.span))));
        lines.push(match statement.kind {
            StatementKind::Sql => at(statement.span),
            StatementKind::SqlWithData(data) => format!("{} <- {}", at(statement.span), at(data)),
            StatementKind::ClientCommand => format!("client {}", at(statement.span)),
            StatementKind::ClientCommandWithData(data) => format!("client {} <- {}", at(statement.span), at(data)),
        });
        lines.extend(statement.problem.iter().map(|problem| format!("! {}: {}", at(problem.span), problem.message)));
    }
    lines.extend(script.bad_directives.iter().map(|bad| format!("bad {}: {}", at(bad.span), bad.message)));
    lines
}

fn pieces_of(text: &str, lexis: &Lexis) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("a.sql", text);
    let script = Script { chunks: vec![sources.whole(file)], transaction: Transaction::Wrapped };
    let pieces = show(&sources, &split(&sources, &script, lexis));
    assert_eq!(pieces, show(&sources, &split_text(text, file, 0, lexis)));
    pieces
}

fn check(cases: &[(&str, &[&str])], lexis: &Lexis) {
    for (text, expected) in cases {
        assert_eq!(pieces_of(text, lexis), *expected, "{text}");
    }
}

#[test]
fn semicolons_that_end_statements() {
    check(
        &[
            ("", &[]),
            (" ;; -- a\n;", &[]),
            ("a;b", &["a", "b"]),
            ("\u{feff}a ;\r\nb;\r\n", &["a", "b"]),
            ("-- x;\na /* ; */ b -- ;\n; c -- d", &["a /* ; */ b", "c"]),
            ("a ';' \";\" $$;$$ $x$;$$;$x$ E'\\';' ; b", &["a ';' \";\" $$;$$ $x$;$$;$x$ E'\\';'", "b"]),
            ("f(a; b)", &["f(a", "b)"]),
        ],
        &Lexis::POSTGRES,
    );
}

#[test]
fn semicolons_inside_of_statements() {
    check(
        &[
            ("CREATE RULE r AS ON INSERT TO t DO (a; b(1); c); d", &["CREATE RULE r AS ON INSERT TO t DO (a; b(1); c)", "d"]),
            (
                "create or replace rule r as on insert to t do (a;b);c",
                &["create or replace rule r as on insert to t do (a;b)", "c"],
            ),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC a; SELECT CASE WHEN b THEN 1 END AS end; END; c",
                &["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC a; SELECT CASE WHEN b THEN 1 END AS end; END", "c"],
            ),
            (
                "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT t.case; END; c",
                &["CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT t.case; END", "c"],
            ),
            (
                "CREATE FUNCTION f() AS $$BEGIN; END$$; BEGIN; c; END;",
                &["CREATE FUNCTION f() AS $$BEGIN; END$$", "BEGIN", "c", "END"],
            ),
            ("BEGIN; CASE; ATOMIC; END", &["BEGIN", "CASE", "ATOMIC", "END"]),
        ],
        &Lexis::POSTGRES,
    );
}

#[test]
fn data_and_client_commands() {
    check(
        &[
            ("COPY t (a) FROM stdin;\n1;'\n\\.\nb;", &["COPY t (a) FROM stdin <- 1;'\n\\.\n", "b"]),
            (
                "copy t from STDIN WITH (FORMAT csv); -- x\r\n1\r\n\\.\r\nb;",
                &["copy t from STDIN WITH (FORMAT csv) <- 1\r\n\\.\r\n", "b"],
            ),
            ("COPY t FROM stdin;\n\\.\nb", &["COPY t FROM stdin <- \\.\n", "b"]),
            (
                "COPY t FROM stdin;\n1;\n2",
                &[
                    "COPY t FROM stdin <- 1;\n2",
                    "! COPY t FROM stdin: the data of this COPY run to the end of the text: the line `\\.` that ends them is missing",
                ],
            ),
            ("COPY t FROM 'f';\nb;", &["COPY t FROM 'f'", "b"]),
            ("COPY (SELECT * FROM stdin) TO stdout;\nb;", &["COPY (SELECT * FROM stdin) TO stdout", "b"]),
            ("\\copy t from stdin\n1;\n\\.\nb;", &["client \\copy t from stdin <- 1;\n\\.\n", "b"]),
            ("\\set a 'x;y'  \r\n\\i b.sql\nc :a;", &["client \\set a 'x;y'", "client \\i b.sql", "c :a"]),
            ("SELECT a\n\\gexec\nb; SELECT c \\gset\n", &["SELECT a", "client \\gexec", "b", "SELECT c", "client \\gset"]),
            ("SELECT a \\p x\n;", &["SELECT a \\p x"]),
        ],
        &Lexis::POSTGRES,
    );
}

#[test]
fn what_is_never_closed() {
    check(
        &[
            ("a; b 'c;\nd", &["a", "b 'c;\nd", "! ': this string is never closed"]),
            ("a E'c\\'", &["a E'c\\'", "! E': this string is never closed"]),
            ("a \"c", &["a \"c", "! \": this quoted identifier is never closed"]),
            ("a $x$ b; $y$", &["a $x$ b; $y$", "! $x$: this dollar-quoted string is never closed"]),
            ("a; /* b;", &["a", "/* b;", "! /*: this comment is never closed"]),
            (
                "CREATE FUNCTION f() BEGIN ATOMIC a; b",
                &[
                    "CREATE FUNCTION f() BEGIN ATOMIC a; b",
                    "! CREATE FUNCTION f() BEGIN ATOMIC a; b: the body of this statement has no END",
                ],
            ),
            (
                "CREATE RULE r DO (a; b",
                &["CREATE RULE r DO (a; b", "! CREATE RULE r DO (a; b: a parenthesis in this statement is not closed"],
            ),
        ],
        &Lexis::POSTGRES,
    );
}

#[test]
fn directives_and_what_they_stand_above() {
    let gate = |name: &str| format!("-- migsafe: gate=\"{name}\"");
    let (a, b) = (gate("a"), gate("b"));
    let (a_inside, b_inside) = ("@ gate=\"a\"", "@ gate=\"b\"");
    let misplaced = "bad gate=\"a\": a directive stands on the line above the statement that it is for";
    check(
        &[
            (&format!("{a}\nx;\n{b}\n-- more\ny;"), &[a_inside, "x", b_inside, "y"]),
            (&format!("{a}\r\n\r\n{b}\r\nx;"), &["file gate=\"a\"", b_inside, "x"]),
            (&format!("-- head\n\n{a}\n{b}\n \nx;"), &["file gate=\"a\"", "file gate=\"b\"", "x"]),
            (&format!("x;\n{a}\n\ny;"), &["x", a_inside, "y"]),
            ("/* migsafe: gate=\"a\" */ x; '-- migsafe: y'", &[a_inside, "x", "'-- migsafe: y'"]),
            (&format!("x; {a}\ny;"), &["x", "y", misplaced]),
            (&format!("x {a}\n;y;"), &["x", "y", misplaced]),
            (&format!("x;\n{a}\n"), &["x", "bad gate=\"a\": no statement follows this directive"]),
            ("-- migsafe: gat=\"a\"\nx", &["x", "bad gat: unknown directive `gat`; did you mean `gate`?"]),
            (
                &format!("x $$\n{a}\n$$; COPY t FROM stdin;\n{a}\n\\.\n"),
                &[&format!("x $$\n{a}\n$$"), &format!("COPY t FROM stdin <- {a}\n\\.\n")],
            ),
        ],
        &Lexis::POSTGRES,
    );
}

#[test]
fn chunks_are_split_alone_and_share_directives() {
    let text = "-- migsafe: gate=\"file\"\n\n-- +goose Up\n-- migsafe: gate=\"a\"\n-- +goose StatementBegin\na; a2;\n-- +goose \
                StatementEnd\n-- migsafe: gate=\"b\"\n-- +goose StatementBegin\nb\n-- +goose StatementEnd\n-- +goose Down\n-- \
                migsafe: gate=\"c\"\nc; d;\n";
    let mut sources = Sources::default();
    let file = sources.add("a.sql", text);
    let chunk = |text: &str| {
        let start = sources.text(file).find(text).expect("the text is in the file");
        Span::new(file, start, start + text.len())
    };
    let pieces = |chunks: &[&str]| {
        let script = Script { chunks: chunks.iter().map(|text| chunk(text)).collect(), transaction: Transaction::Wrapped };
        show(&sources, &split(&sources, &script, &Lexis::POSTGRES))
    };
    let up = ["file gate=\"file\"", "@ gate=\"a\"", "a", "a2", "@ gate=\"b\"", "b"];
    assert_eq!(pieces(&["a; a2;\n", "b\n"]), up);
    let down = ["file gate=\"file\"", "@ gate=\"c\"", "c", "d"];
    assert_eq!(pieces(&["c; d;\n"]), down);
    assert_eq!(pieces(&["-- migsafe: gate=\"c\"\nc; d;\n"]), down);
    assert_eq!(pieces(&["a; a2", "b"])[1..4], ["@ gate=\"a\"", "a", "a2"]);
    assert!(pieces(&[]).is_empty());
}

#[test]
fn other_dialects() {
    check(
        &[(
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN a; b; END//\nDELIMITER ;\nc;",
            &["client DELIMITER //", "CREATE PROCEDURE p() BEGIN a; b; END", "client DELIMITER ;", "c"],
        )],
        &Lexis::MYSQL,
    );
    check(
        &[(
            "CREATE TEMP TRIGGER x AFTER INSERT ON t WHEN CASE WHEN a THEN b END BEGIN c; SELECT CASE d END; END; e",
            &["CREATE TEMP TRIGGER x AFTER INSERT ON t WHEN CASE WHEN a THEN b END BEGIN c; SELECT CASE d END; END", "e"],
        )],
        &Lexis::SQLITE,
    );
}
