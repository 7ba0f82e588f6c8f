//! What the scanner makes of texts: each case is an input and its tokens.

use super::TokenKind::*;
use super::*;

/// The tokens without white space, as (kind, text).
fn scan<'t>(text: &'t str, lexis: &'t Lexis) -> Vec<(TokenKind, &'t str)> {
    Scanner::new(text, lexis).filter(|token| token.kind != Space).map(|token| (token.kind, token.text(text))).collect()
}

#[test]
fn tokens_of_postgres() {
    let cases: &[(&str, &[(TokenKind, &str)])] = &[
        ("a$1 $1 $$x$$", &[(Word, "a$1"), (Parameter, "$1"), (DollarString, "$$x$$")]),
        ("$a$ $b$ $a $a$b", &[(DollarString, "$a$ $b$ $a $a$"), (Word, "b")]),
        ("a$$b$$", &[(Word, "a$$b$$")]),
        ("1$$a$$", &[(Number, "1"), (DollarString, "$$a$$")]),
        ("$é1$;$é1$", &[(DollarString, "$é1$;$é1$")]),
        ("'it''s' 'a\\' b", &[(String, "'it''s'"), (String, "'a\\'"), (Word, "b")]),
        (r"E'\'' e'\\' xe'\'", &[(String, r"E'\''"), (String, r"e'\\'"), (Word, "xe"), (String, r"'\'")]),
        ("E'a'\n'b\\''c", &[(String, "E'a'"), (String, "'b\\''"), (Word, "c")]),
        ("E'a' 'b\\'c", &[(String, "E'a'"), (String, "'b\\'"), (Word, "c")]),
        ("U&'d' u&\"\"\"\" B'1' x'f'", &[(String, "U&'d'"), (QuotedWord, "u&\"\"\"\""), (String, "B'1'"), (String, "x'f'")]),
        ("/* a /* b */ ; */c--d\r\ne", &[(BlockComment, "/* a /* b */ ; */"), (Word, "c"), (LineComment, "--d"), (Word, "e")]),
        ("a<--b", &[(Word, "a"), (Operator, "<"), (LineComment, "--b")]),
        ("a*/*b*/-1", &[(Word, "a"), (Operator, "*"), (BlockComment, "/*b*/"), (Operator, "-"), (Number, "1")]),
        ("=-1 @-1", &[(Operator, "="), (Operator, "-"), (Number, "1"), (Operator, "@-"), (Number, "1")]),
        (
            "1..2 .5 1.e5 1_000 0xFF 1e",
            &[
                (Number, "1"),
                (Operator, ".."),
                (Number, "2"),
                (Number, ".5"),
                (Number, "1.e5"),
                (Number, "1_000"),
                (Number, "0xFF"),
                (Number, "1"),
                (Word, "e"),
            ],
        ),
        (
            "a::b := c=>d",
            &[(Word, "a"), (Operator, "::"), (Word, "b"), (Operator, ":="), (Word, "c"), (Operator, "=>"), (Word, "d")],
        ),
        ("\u{feff}a\\gexec b\nc", &[(Word, "a"), (MetaCommand, "\\gexec b"), (Word, "c")]),
        ("a 'b", &[(Word, "a"), (Unterminated(super::Unterminated::String), "'b")]),
        ("E'\\", &[(Unterminated(super::Unterminated::String), "E'\\")]),
        ("$a$ $b$", &[(Unterminated(super::Unterminated::DollarString), "$a$ $b$")]),
        ("\"a\"\"", &[(Unterminated(super::Unterminated::QuotedWord), "\"a\"\"")]),
        ("/*/", &[(Unterminated(super::Unterminated::Comment), "/*/")]),
        ("\0$", &[(Unknown, "\0"), (Unknown, "$")]),
        ("\\$$;$$", &[(Unknown, "\\"), (DollarString, "$$;$$")]),
    ];
    for (text, expected) in cases {
        assert_eq!(scan(text, &Lexis::POSTGRES), *expected, "{text}");
    }
}

#[test]
fn tokens_of_mysql_and_sqlite() {
    assert_eq!(
        scan("`a``b` \"x\\\"\" #c\n--1 /* /* */", &Lexis::MYSQL),
        [
            (QuotedWord, "`a``b`"),
            (String, "\"x\\\"\""),
            (LineComment, "#c"),
            (Operator, "-"),
            (Operator, "-"),
            (Number, "1"),
            (BlockComment, "/* /* */"),
        ]
    );
    assert_eq!(
        scan("DELIMITER $$\na;b$$\ndelimiter ;\nc;", &Lexis::MYSQL),
        [
            (MetaCommand, "DELIMITER $$"),
            (Word, "a"),
            (Punctuation, ";"),
            (Word, "b"),
            (Delimiter, "$$"),
            (MetaCommand, "delimiter ;"),
            (Word, "c"),
            (Delimiter, ";"),
        ]
    );
    assert_eq!(scan("[a;b] `c`", &Lexis::SQLITE), [(QuotedWord, "[a;b]"), (QuotedWord, "`c`")]);
}

#[test]
fn no_byte_is_lost() {
    let sample = "E'a\\'b' $t$x$t$ \"q\"\"\" /* /* */ */ -- c\r\n U&\"d\" 1.5e-3 a.b::c; ( [ ] ) \\x 'é' $1 `b` ß#é @-";
    let pieces: Vec<&str> = sample.split_inclusive(|c: char| !c.is_alphanumeric()).collect();
    let mut seed = 1u64;
    for _ in 0..20_000 {
        let mut text = std::string::String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        for lexis in [Lexis::POSTGRES, Lexis::MYSQL, Lexis::SQLITE] {
            let mut at = 0;
            for token in Scanner::new(&text, &lexis) {
                assert!(token.start == at && token.end > at, "{text:?}: {token:?}");
                assert!(text.is_char_boundary(token.end), "{text:?}: {token:?}");
                at = token.end;
            }
            assert_eq!(at, text.len(), "{text:?}");
        }
    }
}
