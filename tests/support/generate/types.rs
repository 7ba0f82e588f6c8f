//! Types, their values and conditions on them; types of one's own.

use super::{Generator, Scene, quoted, shown};
use migsafe::catalog::UserTypeShape;
use migsafe::change::{TypeName, TypeShape};
use migsafe::dialect::{Dialect, Postgres};

/// The types that columns get most often stand more than once.
const TYPES: [&str; 46] = [
    "integer",
    "integer",
    "integer",
    "bigint",
    "bigint",
    "smallint",
    "text",
    "text",
    "text",
    "varchar(20)",
    "varchar(50)",
    "varchar",
    "char(3)",
    "numeric(10,2)",
    "numeric(12,4)",
    "numeric",
    "real",
    "double precision",
    "boolean",
    "boolean",
    "date",
    "timestamptz",
    "timestamptz",
    "timestamp",
    "timestamptz(3)",
    "time",
    "interval",
    "json",
    "jsonb",
    "jsonb",
    "uuid",
    "uuid",
    "bytea",
    "inet",
    "cidr",
    "macaddr",
    "text[]",
    "integer[]",
    "uuid[]",
    "int4range",
    "tstzrange",
    "tsvector",
    "xml",
    "bit(4)",
    "money",
    "point",
];

/// What can be said about the values of a type.
pub(super) enum Family {
    Whole,
    Number,
    Text,
    Boolean,
    Date,
    Time,
    Json,
    Jsonb,
    Uuid,
    Array,
    Range,
    Enum(Vec<String>),
    Other,
}

pub(super) fn family(scene: &Scene<'_>, data_type: &TypeName) -> Family {
    if data_type.dimensions > 0 {
        return Family::Array;
    }
    if let Some(own) = scene.catalog.resolve_type(&data_type.qname()).and_then(|name| scene.catalog.types.get(&name)) {
        return match &own.shape {
            UserTypeShape::Type(TypeShape::Enum(labels)) => Family::Enum(labels.iter().map(ToString::to_string).collect()),
            UserTypeShape::Domain(domain) => family(scene, &domain.data_type),
            UserTypeShape::Type(_) => Family::Other,
        };
    }
    match data_type.name.as_str() {
        "integer" | "bigint" | "smallint" => Family::Whole,
        "numeric" | "real" | "double precision" => Family::Number,
        "text" | "character varying" | "character" => Family::Text,
        "boolean" => Family::Boolean,
        "date" => Family::Date,
        "timestamp with time zone" | "timestamp without time zone" => Family::Time,
        "json" => Family::Json,
        "jsonb" => Family::Jsonb,
        "uuid" => Family::Uuid,
        "int4range" | "tstzrange" => Family::Range,
        _ => Family::Other,
    }
}

impl Generator {
    /// A type as it is written.
    pub(super) fn data_type(&mut self, scene: &Scene<'_>) -> String {
        if self.chance(20)
            && let Some(own) = self.pick(&scene.types)
        {
            let name = shown(&own.name);
            return format!("{name}{}", self.maybe(12, "[]"));
        }
        self.word(&TYPES).to_owned()
    }

    /// A default for a type as it is written, where one is known.
    pub(super) fn default_of(&mut self, written: &str) -> String {
        let values: &[&'static str] = match written.split('(').next().unwrap_or_default() {
            _ if written.ends_with("[]") => &["'{}'", "NULL"],
            "integer" | "bigint" | "smallint" | "numeric" | "real" | "double precision" => {
                &["0", "7", "-1", "(1 + 2)", "'5'", "length('abc')"]
            }
            "text" | "varchar" | "character varying" => &["''", "'x'", "'it''s'", "lower('X')", "'a' || 'b'", "CURRENT_USER"],
            "char" | "character" => &["'abc'", "''"],
            "boolean" => &["true", "false", "(1 > 2)"],
            "date" => &["CURRENT_DATE", "'2024-01-01'", "now()"],
            "timestamptz" | "timestamp" | "timestamp with time zone" | "timestamp without time zone" => {
                &["now()", "CURRENT_TIMESTAMP", "clock_timestamp()", "'2024-01-01'", "now() + interval '1 day'"]
            }
            "json" | "jsonb" => &["'{}'", "'[]'", "'{}'::jsonb", "jsonb_build_object('a', 1)"],
            "uuid" => &["gen_random_uuid()", "'00000000-0000-4000-8000-000000000000'"],
            "bytea" => &["'\\x00'", "''"],
            "interval" => &["'1 day'", "interval '2 hours'"],
            _ => &["NULL"],
        };
        self.word(values).to_owned()
    }

    /// A default for a column that is there.
    pub(super) fn default_for(&mut self, scene: &Scene<'_>, data_type: &TypeName) -> String {
        match family(scene, data_type) {
            Family::Enum(labels) => {
                let label = self.pick(&labels).cloned().unwrap_or_default();
                format!("'{}'", label.replace('\'', "''"))
            }
            _ if self.chance(8) => self.other_default(scene),
            _ => self.default_of(&Postgres.type_text(data_type)),
        }
    }

    fn other_default(&mut self, scene: &Scene<'_>) -> String {
        if let Some(sequence) = self.pick(&scene.sequences) {
            return format!("nextval('{}')", shown(&sequence.name).replace('\'', "''"));
        }
        "NULL".to_owned()
    }

    /// A condition on a column or value.
    pub(super) fn condition(&mut self, scene: &Scene<'_>, value: &str, data_type: &TypeName) -> String {
        let known = match family(scene, data_type) {
            Family::Whole => self.word(&["# > 0", "# >= 0 AND # < 1000000", "# <> 13", "# IN (1, 2, 3)", "abs(#) < 100"]),
            Family::Number => self.word(&["# > 0", "# BETWEEN 0 AND 100", "round(#::numeric) < 10"]),
            Family::Text => {
                self.word(&["# <> ''", "length(#) < 50", "# IN ('a', 'b')", "# ~ '^[a-z]*$'", "# LIKE 'a%'", "lower(#) = #"])
            }
            Family::Boolean => self.word(&["#", "NOT #", "# IS TRUE"]),
            Family::Date => self.word(&["# > '2000-01-01'", "# < CURRENT_DATE"]),
            Family::Time => self.word(&["# > '2000-01-01'", "# < now()"]),
            Family::Jsonb => self.word(&["# ? 'a'", "jsonb_typeof(#) = 'object'", "# IS NOT NULL"]),
            Family::Array => self.word(&["# <> '{}'", "cardinality(#) > 0", "array_length(#, 1) < 9"]),
            Family::Range => self.word(&["NOT isempty(#)", "lower(#) IS NOT NULL"]),
            Family::Enum(labels) => {
                let label = self.pick(&labels).cloned().unwrap_or_default();
                return format!("{value} <> '{}'", label.replace('\'', "''"));
            }
            Family::Json | Family::Uuid | Family::Other => self.word(&["# IS NOT NULL", "# IS NULL"]),
        };
        known.replace('#', value)
    }

    pub(super) fn create_type(&mut self, scene: &Scene<'_>) -> String {
        let name = self.new_relation(scene, "y");
        match self.below(10) {
            0..=2 => {
                let data_type = self.word(&["text", "integer", "varchar(30)", "numeric(8,2)", "jsonb", "date"]);
                let check = match data_type {
                    "text" | "varchar(30)" => " CHECK (VALUE <> '')",
                    "integer" | "numeric(8,2)" => " CONSTRAINT fits CHECK (VALUE > 0)",
                    _ => " CHECK (VALUE IS NOT NULL)",
                };
                let default = if self.chance(25) { format!(" DEFAULT {}", self.default_of(data_type)) } else { String::new() };
                let check = self.maybe(70, check);
                format!("CREATE DOMAIN {name} AS {data_type}{default}{}{check}", self.maybe(15, " NOT NULL"))
            }
            3 => {
                let other = self.data_type(scene);
                format!("CREATE TYPE {name} AS (a integer, b text, c {other})")
            }
            4 => format!("CREATE TYPE {name} AS RANGE (subtype = {})", self.word(&["integer", "text", "timestamptz", "numeric"])),
            _ => format!("CREATE TYPE {name} AS ENUM ({})", self.word(&["'a', 'b'", "'a', 'b', 'c'", "'x'", "'it''s', 'B'"])),
        }
    }

    pub(super) fn alter_type(&mut self, scene: &Scene<'_>) -> String {
        let Some(own) = self.pick(&scene.types).cloned() else { return self.create_type(scene) };
        let name = self.called(&own.name);
        match &own.shape {
            UserTypeShape::Type(TypeShape::Enum(labels)) => {
                let label = self.pick(labels).map(|label| label.replace('\'', "''")).unwrap_or_default();
                self.number += 1;
                let new = format!("l{}", self.number);
                match self.below(8) {
                    0 | 1 => format!("ALTER TYPE {name} RENAME VALUE '{label}' TO '{new}'"),
                    2 => format!("ALTER TYPE {name} ADD VALUE '{new}' BEFORE '{label}'"),
                    3 => format!("ALTER TYPE {name} ADD VALUE '{new}' AFTER '{label}'"),
                    4 => format!("ALTER TYPE {name} ADD VALUE IF NOT EXISTS '{label}'"),
                    5 if self.chance(20) => format!("ALTER TYPE {name} ADD VALUE '{label}'"),
                    _ => format!("ALTER TYPE {name} ADD VALUE '{new}'"),
                }
            }
            UserTypeShape::Domain(domain) => {
                let check = domain.checks.first().and_then(|check| check.name.clone());
                let condition = self.condition(scene, "VALUE", &domain.data_type);
                let constraint = self.name("k");
                let action = match (self.below(9), check) {
                    (0, _) => format!("SET DEFAULT {}", self.default_for(scene, &domain.data_type)),
                    (1, _) => "DROP DEFAULT".to_owned(),
                    (2, _) => "SET NOT NULL".to_owned(),
                    (3, _) => "DROP NOT NULL".to_owned(),
                    (4, Some(check)) => format!("DROP CONSTRAINT {}{}", self.if_exists(), self.part(&check)),
                    (5, Some(check)) => format!("RENAME CONSTRAINT {} TO {constraint}", self.part(&check)),
                    (6, Some(check)) => format!("VALIDATE CONSTRAINT {}", self.part(&check)),
                    (7, _) => format!("ADD CONSTRAINT {constraint} CHECK ({condition}) NOT VALID"),
                    _ => format!("ADD CONSTRAINT {constraint} CHECK ({condition})"),
                };
                format!("ALTER DOMAIN {name} {action}")
            }
            UserTypeShape::Type(TypeShape::Composite(attributes)) => {
                let attribute = self.pick(attributes).map(|(name, ..)| quoted(name)).unwrap_or_else(|| "a".to_owned());
                let action = match self.below(4) {
                    0 => format!("ADD ATTRIBUTE {} {}", self.name("c"), self.word(&["text", "integer", "uuid"])),
                    1 => format!("DROP ATTRIBUTE {attribute}"),
                    2 => format!("ALTER ATTRIBUTE {attribute} TYPE {}", self.word(&["text", "bigint", "varchar(9)"])),
                    _ => format!("RENAME ATTRIBUTE {attribute} TO {}", self.name("c")),
                };
                format!("ALTER TYPE {name} {action}{}", self.cascade(30))
            }
            UserTypeShape::Type(TypeShape::Range(_) | TypeShape::Base(_)) => {
                format!("ALTER TYPE {name} OWNER TO pg_monitor")
            }
        }
    }
}
