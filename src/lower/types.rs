//! Type names: PostgreSQL's grammar for them, and one canonical name for each built-in type, the one that `format_type`
//! gives (manual section 8, table "Data Types").

use super::cursor::{Cursor, Read, is_word};
use crate::change::{Ident, TypeName};
use crate::source::{Sources, Span};
use sqlparser::tokenizer::{Token, Word};

/// The fields of an interval type, longest first.
const INTERVAL_FIELDS: [&str; 13] = [
    "YEAR TO MONTH",
    "DAY TO HOUR",
    "DAY TO MINUTE",
    "DAY TO SECOND",
    "HOUR TO MINUTE",
    "HOUR TO SECOND",
    "MINUTE TO SECOND",
    "YEAR",
    "MONTH",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
];

/// The type that a text names.
pub fn data_type(text: &str) -> Option<TypeName> {
    let mut sources = Sources::default();
    let file = sources.add("", "");
    Cursor::new(text, Span::new(file, 0, 0)).and_then(|mut cursor| cursor.data_type()).ok()
}

impl Cursor<'_> {
    /// A type with modifiers and array bounds.
    pub fn data_type(&mut self) -> Read<TypeName> {
        let mut data_type = self.scalar_type()?;
        if self.eat("ARRAY") {
            data_type.dimensions = 1;
            if self.eat_sign(&Token::LBracket) {
                self.integer()?;
                self.expect_sign(&Token::RBracket)?;
            }
            return Ok(data_type);
        }
        while self.at_sign(&Token::LBracket) {
            self.step();
            if !self.at_sign(&Token::RBracket) {
                self.integer()?;
            }
            self.expect_sign(&Token::RBracket)?;
            data_type.dimensions = data_type.dimensions.saturating_add(1);
        }
        Ok(data_type)
    }

    /// The type of a routine's result or parameter, and whether `SETOF` stands before it.
    pub fn routine_type(&mut self) -> Read<(TypeName, bool)> {
        let set = self.eat("SETOF");
        Ok((self.data_type()?, set))
    }

    /// A type without array bounds.
    fn scalar_type(&mut self) -> Read<TypeName> {
        match self.peek(0) {
            Token::Word(word) if word.quote_style.is_none() && *self.peek(1) != Token::Period => {
                let keyword = word.value.to_ascii_lowercase();
                match self.keyword_type(&keyword)? {
                    Some(data_type) => Ok(data_type),
                    None => self.named_type(),
                }
            }
            Token::Word(_) => self.named_type(),
            _ => Err(self.refuse("a type")),
        }
    }

    /// The types that have grammar of their own.
    fn keyword_type(&mut self, keyword: &str) -> Read<Option<TypeName>> {
        let name = match keyword {
            "int" | "integer" => "integer",
            "smallint" => "smallint",
            "bigint" => "bigint",
            "real" => "real",
            "boolean" => "boolean",
            "numeric" | "decimal" | "dec" => "numeric",
            "double" if self.at("DOUBLE PRECISION") => {
                self.step();
                "double precision"
            }
            "float" => return self.float().map(Some),
            "varchar" => "character varying",
            "char" | "character" | "nchar" | "national" => return self.character().map(Some),
            "bit" => return self.bit().map(Some),
            "time" | "timestamp" => return self.time(keyword).map(Some),
            "interval" => return self.interval().map(Some),
            _ => return Ok(None),
        };
        self.step();
        let mut data_type = TypeName::simple(name);
        data_type.modifiers = self.modifiers()?;
        if name == "numeric" && data_type.modifiers.len() == 1 {
            data_type.modifiers.push("0".into());
        }
        Ok(Some(data_type))
    }

    fn float(&mut self) -> Read<TypeName> {
        self.step();
        let bits = self.modifiers()?.first().and_then(|bits| bits.parse::<u8>().ok());
        Ok(TypeName::simple(if bits.is_some_and(|bits| bits <= 24) { "real" } else { "double precision" }))
    }

    /// `CHARACTER`, `CHAR`, `NCHAR`, `NATIONAL CHARACTER`, each with or without `VARYING`.
    fn character(&mut self) -> Read<TypeName> {
        if self.eat("NATIONAL") && !self.at("CHAR") && !self.at("CHARACTER") {
            return Err(self.refuse("`CHARACTER`"));
        }
        self.step();
        let varying = self.eat("VARYING");
        let mut data_type = TypeName::simple(if varying { "character varying" } else { "character" });
        data_type.modifiers = self.modifiers()?;
        if !varying && data_type.modifiers.is_empty() {
            data_type.modifiers.push("1".into());
        }
        Ok(data_type)
    }

    fn bit(&mut self) -> Read<TypeName> {
        self.step();
        let varying = self.eat("VARYING");
        let mut data_type = TypeName::simple(if varying { "bit varying" } else { "bit" });
        data_type.modifiers = self.modifiers()?;
        if !varying && data_type.modifiers.is_empty() {
            data_type.modifiers.push("1".into());
        }
        Ok(data_type)
    }

    fn time(&mut self, keyword: &str) -> Read<TypeName> {
        self.step();
        let modifiers = self.modifiers()?;
        let zone = self.eat("WITH TIME ZONE");
        if !zone {
            self.eat("WITHOUT TIME ZONE");
        }
        let name = match (keyword, zone) {
            ("time", false) => "time without time zone",
            ("time", true) => "time with time zone",
            (_, false) => "timestamp without time zone",
            (_, true) => "timestamp with time zone",
        };
        Ok(TypeName { modifiers, ..TypeName::simple(name) })
    }

    /// `INTERVAL`, with its fields (in lower case) and precision as modifiers.
    fn interval(&mut self) -> Read<TypeName> {
        self.step();
        let mut modifiers: Vec<Ident> =
            self.eat_any(&INTERVAL_FIELDS).map(|f| f.to_ascii_lowercase().into()).into_iter().collect();
        modifiers.extend(self.modifiers()?);
        Ok(TypeName { modifiers, ..TypeName::simple("interval") })
    }

    /// `[schema.]name [(modifiers)]`, `schema.table.column%TYPE`.
    fn named_type(&mut self) -> Read<TypeName> {
        let mark = self.mark();
        let mut name = self.qname()?;
        if self.at_sign(&Token::Mod) && is_word(self.peek(1), "TYPE") {
            self.step();
            self.step();
            return Ok(TypeName::simple(self.text_from(mark).to_ascii_lowercase()));
        }
        if name.schema.as_ref().is_some_and(|schema| schema == "pg_catalog") {
            name.schema = None;
        }
        let written = self.modifiers()?;
        if name.schema.is_some() {
            return Ok(TypeName { schema: name.schema, name: name.name, modifiers: written, dimensions: 0 });
        }
        let canonical = canonical_name(&name.name).map_or(name.name, Ident::new_static);
        Ok(TypeName { schema: None, name: canonical, modifiers: written, dimensions: 0 })
    }

    /// `(10, 2)`, or nothing; each as written.
    fn modifiers(&mut self) -> Read<Vec<Ident>> {
        if !self.at_sign(&Token::LParen) {
            return Ok(Vec::new());
        }
        self.paren_list(|cursor| {
            let mark = cursor.mark();
            cursor.skip_to_comma();
            if cursor.mark() == mark { Err(cursor.refuse("a type modifier")) } else { Ok(cursor.text_from(mark).into()) }
        })
    }
}

/// The canonical name of a built-in type that is named as the system catalog names it.
fn canonical_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "bool" => "boolean",
        "varchar" => "character varying",
        "varbit" => "bit varying",
        "char" => "\"char\"",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        _ => return None,
    })
}

/// The integer type behind a serial one, if the token names one.
pub(crate) fn serial_type(token: &Token) -> Option<TypeName> {
    let Token::Word(Word { value, .. }) = token else { return None };
    let is = |names: [&str; 2]| names.iter().any(|name| value.eq_ignore_ascii_case(name));
    let name = if is(["serial", "serial4"]) {
        "integer"
    } else if is(["bigserial", "serial8"]) {
        "bigint"
    } else if is(["smallserial", "serial2"]) {
        "smallint"
    } else {
        return None;
    };
    Some(TypeName::simple(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn shown(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", text);
        let mut cursor = Cursor::new(text, sources.whole(file)).expect("it is made of tokens");
        match cursor.data_type() {
            Ok(t) if cursor.at_end() => {
                let schema = t.schema.map(|schema| format!("{schema}.")).unwrap_or_default();
                let modifiers = if t.modifiers.is_empty() { String::new() } else { format!("({})", t.modifiers.join(",")) };
                format!("{schema}{}{modifiers}{}", t.name, "[]".repeat(t.dimensions.into()))
            }
            Ok(_) => format!("left: {}", cursor.rest_text()),
            Err(error) => error.reason,
        }
    }

    #[test]
    fn built_in_types_have_one_name() {
        let cases = [
            ("int", "integer"),
            ("INT4", "integer"),
            ("int8", "bigint"),
            ("pg_catalog.int4", "integer"),
            ("varchar(20)", "character varying(20)"),
            ("pg_catalog.varchar(20)", "character varying(20)"),
            ("CHARACTER VARYING", "character varying"),
            ("national character varying(3)", "character varying(3)"),
            ("nchar", "character(1)"),
            ("char(8)", "character(8)"),
            ("char", "character(1)"),
            ("bpchar", "bpchar"),
            ("\"char\"", "\"char\""),
            ("bit", "bit(1)"),
            ("bit varying(5)", "bit varying(5)"),
            ("varbit", "bit varying"),
            ("decimal(10,2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("dec", "numeric"),
            ("float(24)", "real"),
            ("float(25)", "double precision"),
            ("float", "double precision"),
            ("double precision", "double precision"),
            ("bool", "boolean"),
            ("timestamptz(3)", "timestamp with time zone(3)"),
            ("timestamp (3) with time zone", "timestamp with time zone(3)"),
            ("timestamp", "timestamp without time zone"),
            ("pg_catalog.timestamptz", "timestamp with time zone"),
            ("time without time zone", "time without time zone"),
            ("interval", "interval"),
            ("interval day to second(3)", "interval(day to second,3)"),
            ("interval(3)", "interval(3)"),
            ("text[]", "text[]"),
            ("int[3][]", "integer[][]"),
            ("int array[3]", "integer[]"),
            ("int array", "integer[]"),
            ("App.Status", "app.status"),
            ("\"Status\"", "Status"),
            ("geometry(Point, 4326)", "geometry(Point,4326)"),
            ("users.id%TYPE", "users.id%type"),
            ("(", "expected a type, found `(`"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
