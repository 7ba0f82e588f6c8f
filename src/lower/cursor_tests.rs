//! Names, words, literals and texts at a cursor.

use super::*;
use crate::source::Sources;

fn cursor(text: &str) -> Cursor<'_> {
    let mut sources = Sources::default();
    let file = sources.add("a.sql", text);
    Cursor::new(text, sources.whole(file)).expect("it is made of tokens")
}

#[test]
fn names_are_folded_as_the_server_does() {
    let mut c = cursor(r#"Users "Users" db.Public."T" U&"d\0061t\+000061" ÄÖ u "a""b""#);
    assert_eq!(c.ident().expect("a name"), "users");
    assert_eq!(c.ident().expect("a name"), "Users");
    assert_eq!(c.qname().expect("a name"), QName::in_schema("public", "T"));
    assert_eq!(c.ident().expect("a name"), "data");
    assert_eq!(c.ident().expect("a name"), "ÄÖ");
    assert_eq!(c.ident().expect("a name"), "u");
    assert_eq!(c.ident().expect("a name"), "a\"b");
    assert!(c.at_end());
    assert_eq!(cursor(&"x".repeat(70)).ident().expect("a name").len(), 63);
}

#[test]
fn words_match_in_any_case_and_never_when_quoted() {
    let mut c = cursor(r#"not Null "not" null"#);
    assert!(!c.eat("NOT NULLS"));
    assert!(c.eat("NOT NULL"));
    assert!(!c.at("NOT"));
    assert_eq!(c.expect("NOT").expect_err("it is quoted").reason, "expected `NOT`, found `\"not\"`");
}

#[test]
fn texts_and_spans_are_exact() {
    let mut c = cursor("é 'ß' -- comment\n  (ä, b) tail ;");
    let mark = c.mark();
    c.step();
    assert_eq!(c.string().expect("a string"), "ß");
    assert_eq!(c.text_from(mark), "é 'ß'");
    let mark = c.mark();
    assert_eq!(c.column_list().expect("a list"), ["ä", "b"]);
    assert_eq!(c.text_from(mark), "(ä, b)");
    assert_eq!(c.rest_text(), "tail");
    assert_eq!(c.refuse("more").reason, "expected more, found the end of the statement");
}

#[test]
fn literals() {
    let mut c = cursor("'a' 'b' E'c\\n' $x$d$x$ U&'\\0061' -5 +7 1_000 99999999999999999999");
    let strings: Vec<_> = (0..4).map(|_| c.string().expect("a string")).collect();
    assert_eq!(strings, ["ab", "c\n", "d", "a"]);
    let numbers: Vec<_> = (0..3).map(|_| c.integer().expect("a number")).collect();
    assert_eq!(numbers, [-5, 7, 1000]);
    assert!(c.integer().is_err());
}

#[test]
fn option_lists() {
    let mut c = cursor("(fillfactor = 70, toast.x = 'on', y, z = -0.5) (host 'h', ADD port '1')");
    let options = c.options().expect("options");
    let shown: Vec<_> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(shown, ["fillfactor=70", "toast.x=on", "y=true", "z=-0.5"]);
    assert_eq!(c.foreign_options().expect("options").len(), 2);
}
