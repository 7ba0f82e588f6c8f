//! The application that makes every use that its schema permits, as SQL that can be run: what [`crate::assess`] reasons about,
//! written out with values. Which of its statements really work is for the server to say, on the application's own schema.

use super::attempt::Attempt;
use super::rows::{FIRST_NEW, Recipes, Row, SEEDS, insert, mentioned, partitions, relation};
use super::values::{others, quoted, usual};
use crate::assess::{Touched, Use};
use crate::catalog::{Catalog, CatalogRoutine, Name, Privileges, Relation, Table, UserTypeShape, View};
use crate::change::{
    ConstraintKind, Deferrable, Ident, IndexKey, ObjectKind, Parameter, ParameterMode, Persistence, TypeName, TypeShape,
};
use crate::dialect::Dialect;
use std::collections::BTreeSet;

/// One statement, or some, of the application, and the use that is made with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The use; of several that it makes the one that it is there for.
    pub usage: Use,
    /// What is run.
    pub attempt: Attempt,
}

/// The most values that are written to one column.
const VALUES: usize = 32;

/// What an application is made from.
pub struct Application<'a> {
    /// The schema that it was written for.
    pub schema: &'a Catalog,
    /// The other schema: its rules say which values to try.
    pub other: &'a Catalog,
    /// How to make rows.
    pub recipes: &'a Recipes,
    /// The database.
    pub dialect: &'a dyn Dialect,
}

impl Application<'_> {
    /// The statements that concern these objects.
    pub fn probes(&self, scope: &Touched) -> Vec<Probe> {
        let mut out = Out { probes: Vec::new(), dialect: self.dialect };
        for name in &scope.relations {
            match self.schema.relations.get(name) {
                Some(Relation::Table(table)) if table.persistence != Persistence::Temporary => self.table(name, table, &mut out),
                Some(Relation::View(view)) if !view.temporary => self.view(name, view, &mut out),
                Some(Relation::Sequence(own)) if !own.identity && own.persistence != Persistence::Temporary => {
                    let sql = format!("SELECT nextval({})", quoted(&relation(name, self.dialect)));
                    out.one(Use::NextValue(name.clone()), sql);
                    out.privileges(name, "sequence", &own.privileges);
                }
                Some(Relation::Table(_) | Relation::View(_) | Relation::Sequence(_) | Relation::Index(_)) | None => {}
            }
        }
        scope.types.iter().for_each(|name| self.own_type(name, &mut out));
        for name in &scope.routines {
            let all = self.schema.routines.get(name).into_iter().flat_map(|all| all.iter());
            all.for_each(|routine| self.routine(name, routine, &mut out));
        }
        out.probes
    }

    fn table(&self, name: &Name, table: &Table, out: &mut Out<'_>) {
        let columns: Vec<Ident> = table.columns.iter().map(|column| column.name.clone()).collect();
        self.reads(name, &columns, out);
        out.privileges(name, "table", &table.privileges);
        for constraint in &table.constraints {
            if let (Some(label), true) = (&constraint.name, constraint.deferrable != Deferrable::No) {
                let full = Name::new(name.schema.clone(), label.clone());
                let sql = format!("SET CONSTRAINTS {} DEFERRED", relation(&full, self.dialect));
                out.one(Use::Defer(name.clone(), label.clone()), sql);
            }
        }
        let row = |k: u32| self.recipes.row(self.schema, name, k).map(|row| self.written(table, row));
        let (Some(first), Some(second)) = (row(FIRST_NEW), row(FIRST_NEW + 1)) else { return };
        self.writes(name, table, &first, |column| Some(column.clone()), out);
        self.keyed(name, table, &second, out);
        self.pairs(name, table, &first, &second, out);
        self.upserts(name, table, &first, out);
        self.deletes(name, table, &first, out);
        for part in partitions(self.schema, name) {
            if let Some(row) = self.recipes.row(self.schema, &part.name, FIRST_NEW) {
                let usage = Use::InsertPartition(name.clone(), part.name.clone());
                out.one(usage, insert(name, &self.written(part, row), false, self.dialect));
            }
        }
    }

    /// A program lets the server number what it always numbers.
    fn written(&self, table: &Table, row: Row) -> Row {
        use crate::change::ColumnValue::Identity;
        let numbered = |column: &Ident| matches!(table.column(column).map(|own| &own.value), Some(Identity { always: true, .. }));
        row.into_iter().filter(|(column, _)| !numbered(column)).collect()
    }

    fn view(&self, name: &Name, view: &View, out: &mut Out<'_>) {
        let columns: Vec<Ident> =
            if view.columns_known { view.columns.iter().map(|column| column.name.clone()).collect() } else { Vec::new() };
        self.reads(name, &columns, out);
        out.privileges(name, "table", &view.privileges);
        let source = view.columns.iter().find_map(|column| column.source.as_ref().map(|(source, _)| source.clone()));
        let Some(table) = source.as_ref().and_then(|source| self.schema.table(source)) else { return };
        let Some(row) = self.recipes.row(self.schema, &table.name, FIRST_NEW) else { return };
        let shown = |below: &Ident| {
            let shows = |(from, column): &(Name, Ident)| *from == table.name && column == below;
            view.columns.iter().find(|column| column.source.as_ref().is_some_and(shows)).map(|column| column.name.clone())
        };
        self.writes(name, table, &self.written(table, row), shown, out);
    }

    fn reads(&self, name: &Name, columns: &[Ident], out: &mut Out<'_>) {
        let from = relation(name, self.dialect);
        out.one(Use::Select(name.clone()), format!("EXPLAIN SELECT count(*) FROM {from}"));
        for column in columns {
            // Planned only: a materialized view may hold no rows yet.
            let sql = format!("EXPLAIN SELECT {} FROM {from}", self.dialect.quote(column));
            out.one(Use::Read(name.clone(), column.clone()), sql);
        }
    }

    /// Inserts and updates of a table, or of a view that shows its columns under other names.
    fn writes(&self, name: &Name, table: &Table, row: &Row, shown: impl Fn(&Ident) -> Option<Ident>, out: &mut Out<'_>) {
        let row: Row = row.iter().filter_map(|(column, value)| Some((shown(column)?, value.clone()))).collect();
        let mut add = |usage: Use, row: &Row| out.one(usage, insert(name, row, false, self.dialect));
        let whole = || Use::Insert(name.clone());
        let base: Vec<Row> = [row.clone(), self.shortest(table, &row, &shown), self.emptiest(table, &row, &shown)].into();
        base.iter().for_each(|row| add(whole(), row));
        for column in &table.columns {
            let Some(here) = shown(&column.name) else { continue };
            let without: Row = row.iter().filter(|(other, _)| *other != here).cloned().collect();
            add(Use::Omit(name.clone(), here.clone()), &without);
            let with = |value: String| without.iter().cloned().chain([(here.clone(), value)]).collect::<Row>();
            add(Use::WriteNull(name.clone(), here.clone()), &with("NULL".into()));
            // Where another column is gone, only rows without it show what becomes of this one.
            let least: Row = base[1].iter().filter(|(other, _)| *other != here).cloned().collect();
            let alone = |value: String| least.iter().cloned().chain([(here.clone(), value)]).collect::<Row>();
            add(Use::WriteNull(name.clone(), here.clone()), &alone("NULL".into()));
            for (at, value) in self.values(table, &column.name, &column.data_type).into_iter().enumerate() {
                if at == 0 {
                    add(Use::Write(name.clone(), here.clone()), &with(value.clone()));
                }
                add(Use::Write(name.clone(), here.clone()), &alone(value));
            }
        }
        let target = relation(name, self.dialect);
        for column in table.columns.iter().filter_map(|column| shown(&column.name)) {
            let quoted = self.dialect.quote(&column).into_owned();
            out.one(Use::Update(name.clone()), format!("UPDATE {target} SET {quoted} = {quoted}"));
        }
    }

    /// The values of columns in keys once more, in another row: in the first they may repeat one that is there.
    fn keyed(&self, name: &Name, table: &Table, row: &Row, out: &mut Out<'_>) {
        let keys = own_keys(table);
        for column in table.columns.iter().filter(|column| keys.iter().any(|key| key.contains(&column.name))) {
            for value in self.values(table, &column.name, &column.data_type) {
                let set = |(other, own): &(Ident, String)| {
                    (other.clone(), if *other == column.name { value.clone() } else { own.clone() })
                };
                let row: Row = row.iter().map(set).collect();
                out.one(Use::Write(name.clone(), column.name.clone()), insert(name, &row, false, self.dialect));
            }
        }
    }

    fn values(&self, table: &Table, column: &Ident, data_type: &TypeName) -> Vec<String> {
        let mut all: Vec<String> = usual(data_type, FIRST_NEW, self.schema).into_iter().collect();
        let there = self.other.table(&table.name).map(|there| mentioned(there, column)).unwrap_or_default();
        all.extend(mentioned(table, column).into_iter().chain(there).map(|text| quoted(&text)));
        // Whole numbers that just do not fulfil a condition, or just do.
        let near = all.iter().filter_map(|text| text.trim_matches('\'').parse::<i64>().ok());
        let near: Vec<String> =
            near.flat_map(|number| [number - 1, number + 1]).map(|number| quoted(&number.to_string())).collect();
        let there = self.other.table(&table.name).and_then(|there| there.column(column)).map(|there| &there.data_type);
        // A text that is too long there, and a value that is not taken there only since its type is told.
        all.extend(there.and_then(length).map(|length| quoted(&long(data_type, length + 1))));
        let is_known =
            self.other.resolve_type(&data_type.qname()).is_some() == self.schema.resolve_type(&data_type.qname()).is_some();
        if let Some(first) = all.first().filter(|_| is_known && there.is_some_and(|there| there != data_type)) {
            all.push(format!("{first}::{}", self.dialect.type_text(data_type)));
        }
        all.extend(others(data_type, self.schema));
        all.extend(near);
        let mut seen = BTreeSet::new();
        all.retain(|value| seen.insert(value.clone()));
        all.truncate(VALUES);
        all
    }

    /// Only what an insert must give.
    fn shortest(&self, table: &Table, row: &Row, shown: &impl Fn(&Ident) -> Option<Ident>) -> Row {
        let needed = |here: &Ident| {
            table.columns.iter().any(|column| {
                shown(&column.name).as_ref() == Some(here) && column.not_null && column.value == crate::change::ColumnValue::None
            })
        };
        row.iter().filter(|(column, _)| needed(column)).cloned().collect()
    }

    /// Null wherever that is allowed.
    fn emptiest(&self, table: &Table, row: &Row, shown: &impl Fn(&Ident) -> Option<Ident>) -> Row {
        let nullable =
            |here: &Ident| table.columns.iter().any(|column| shown(&column.name).as_ref() == Some(here) && !column.not_null);
        let value = |column: &Ident, value: &String| if nullable(column) { "NULL".into() } else { value.clone() };
        row.iter().map(|(column, own)| (column.clone(), value(column, own))).collect()
    }

    /// Two rows that are as much alike as the application's own keys allow.
    fn pairs(&self, name: &Name, table: &Table, first: &Row, second: &Row, out: &mut Out<'_>) {
        let keys = own_keys(table);
        let mut add = |one: &Row, other: &Row| {
            let statements = vec![insert(name, one, false, self.dialect), insert(name, other, false, self.dialect)];
            out.probes.push(Probe { usage: Use::Insert(name.clone()), attempt: Attempt { setup: Vec::new(), statements } });
        };
        let variants: [fn(&Self, &Table, &Row) -> Row; 3] = [
            |_, _, row| row.clone(),
            |app, table, row| app.shortest(table, row, &|column: &Ident| Some(column.clone())),
            |app, table, row| app.emptiest(table, row, &|column: &Ident| Some(column.clone())),
        ];
        let last: fn(&[Ident]) -> Option<&Ident> = |key| key.last();
        let head: fn(&[Ident]) -> Option<&Ident> = |key| key.first();
        for variant in variants {
            let (one, other) = (variant(self, table, first), variant(self, table, second));
            for pick in [head, last] {
                let differing = apart(&keys, pick);
                let copy = |(column, value): &(Ident, String)| match differing.contains(column) {
                    true => (column.clone(), value.clone()),
                    false => (column.clone(), value_in(&one, column).unwrap_or(value).clone()),
                };
                add(&one, &other.iter().map(copy).collect());
            }
            for (column, value) in &one {
                let same =
                    |(name, own): &(Ident, String)| (name.clone(), if name == column { value.clone() } else { own.clone() });
                add(&one, &other.iter().map(same).collect());
                let capital = value.to_uppercase();
                if capital != *value && capital != "NULL" {
                    let same = |(name, own): &(Ident, String)| {
                        (name.clone(), if name == column { capital.clone() } else { own.clone() })
                    };
                    add(&one, &other.iter().map(same).collect());
                }
            }
        }
    }

    fn upserts(&self, name: &Name, table: &Table, row: &Row, out: &mut Out<'_>) {
        for index in table.indexes.iter().filter(|index| index.unique && index.valid) {
            let base = insert(name, row, false, self.dialect);
            let target = |key: &IndexKey| match key.column() {
                Some(column) => self.dialect.quote(column).into_owned(),
                None => format!("({})", key.expr.sql),
            };
            let targets = index.shape.keys.iter().map(target).collect::<Vec<_>>().join(", ");
            let condition = index.shape.predicate.as_ref().map(|expr| format!(" WHERE {}", expr.sql)).unwrap_or_default();
            let mut columns: Vec<Ident> = index
                .shape
                .keys
                .iter()
                .map(|key| key.column().cloned().unwrap_or_else(|| key.expr.sql.as_ref().into()))
                .collect();
            columns.sort();
            let set = table.columns.iter().find(|column| value_in(row, &column.name).is_some());
            if let Some(set) = set.map(|column| self.dialect.quote(&column.name)) {
                let sql = format!("{base} ON CONFLICT ({targets}){condition} DO UPDATE SET {set} = EXCLUDED.{set}");
                out.one(Use::Upsert(name.clone(), columns.clone()), sql);
            }
            out.one(Use::Upsert(name.clone(), columns), format!("{base} ON CONFLICT ({targets}){condition} DO NOTHING"));
            if let Some(constraint) = &index.constraint {
                let sql = format!("{base} ON CONFLICT ON CONSTRAINT {} DO NOTHING", self.dialect.quote(constraint));
                out.one(Use::UpsertConstraint(name.clone(), constraint.clone()), sql);
                // The key of a row that is there, and nothing else of it.
                let there =
                    self.recipes.row(self.schema, name, *SEEDS.start()).map(|row| self.written(table, row)).unwrap_or_default();
                let in_key = |column: &Ident| index.shape.keys.iter().any(|key| key.column() == Some(column));
                let repeat = |(column, value): &(Ident, String)| {
                    let value = value_in(&there, column).filter(|_| in_key(column)).unwrap_or(value);
                    (column.clone(), value.clone())
                };
                let again = insert(name, &row.iter().map(repeat).collect(), false, self.dialect);
                let sql = format!("{again} ON CONFLICT ON CONSTRAINT {} DO NOTHING", self.dialect.quote(constraint));
                out.one(Use::UpsertConstraint(name.clone(), constraint.clone()), sql);
            }
        }
    }

    /// Deletes a row that nothing refers to, and rows that something may refer to.
    fn deletes(&self, name: &Name, table: &Table, row: &Row, out: &mut Out<'_>) {
        let from = relation(name, self.dialect);
        let key = table.indexes.iter().find(|index| index.primary).map(|index| &index.shape.keys);
        let condition = |row: &Row| {
            let part = |column: &Ident| Some(format!("{} = {}", self.dialect.quote(column), value_in(row, column)?));
            let parts: Option<Vec<String>> = key?.iter().map(|key| part(key.column()?)).collect();
            Some(format!(" WHERE {}", parts?.join(" AND ")))
        };
        let all = || " WHERE true".to_owned();
        let statements =
            vec![insert(name, row, false, self.dialect), format!("DELETE FROM {from}{}", condition(row).unwrap_or_else(all))];
        out.probes.push(Probe { usage: Use::Delete(name.clone()), attempt: Attempt { setup: Vec::new(), statements } });
        for k in SEEDS {
            let condition = self.recipes.row(self.schema, name, k).and_then(|row| condition(&row)).unwrap_or_else(all);
            out.one(Use::Delete(name.clone()), format!("DELETE FROM {from}{condition}"));
        }
    }

    fn own_type(&self, name: &Name, out: &mut Out<'_>) {
        let Some(own) = self.schema.types.get(name) else { return };
        let full = relation(name, self.dialect);
        let data_type = TypeName { schema: Some(name.schema.clone()), ..TypeName::simple(name.name.clone()) };
        match &own.shape {
            UserTypeShape::Type(TypeShape::Enum(labels)) => {
                out.one(Use::Cast(name.clone()), format!("SELECT NULL::{full}"));
                for label in labels {
                    out.one(Use::Label(name.clone(), label.clone()), format!("SELECT {}::{full}", quoted(label)));
                }
            }
            UserTypeShape::Type(TypeShape::Composite(attributes)) => {
                let value = |data_type: &TypeName| {
                    let value = usual(data_type, FIRST_NEW, self.schema).unwrap_or_else(|| "NULL".into());
                    format!("{value}::{}", self.dialect.type_text(data_type))
                };
                let values: Vec<String> = attributes.iter().map(|(_, data_type, _)| value(data_type)).collect();
                out.one(Use::Cast(name.clone()), format!("SELECT ROW({})::{full}", values.join(", ")));
                for (attribute, ..) in attributes {
                    let sql = format!("SELECT (NULL::{full}).{}", self.dialect.quote(attribute));
                    out.one(Use::Cast(name.clone()), sql);
                }
            }
            UserTypeShape::Type(TypeShape::Range(_) | TypeShape::Base(_)) => {
                out.one(Use::Cast(name.clone()), format!("SELECT NULL::{full}"));
            }
            UserTypeShape::Domain(_) => {
                let mut values: Vec<String> = usual(&data_type, FIRST_NEW, self.schema).into_iter().collect();
                for state in [self.schema, self.other] {
                    values.extend(others(&data_type, state));
                }
                values.push("NULL".into());
                values.truncate(VALUES * 2);
                for value in values {
                    out.one(Use::Cast(name.clone()), format!("SELECT {value}::{full}"));
                }
            }
        }
    }

    fn routine(&self, name: &Name, own: &CatalogRoutine, out: &mut Out<'_>) {
        let returns = own.routine.returns.as_ref().map(|data_type| data_type.name.as_str());
        if matches!(returns, Some("trigger" | "event_trigger" | "internal")) || own.routine.window {
            return;
        }
        if !own.public_revoked {
            let kind = "function";
            let call = format!("{}({})", relation(name, self.dialect), own.signature);
            out.privilege(Use::Privilege(name.clone(), "public".into(), "EXECUTE".into()), kind, &call);
        }
        let procedure = own.routine.kind == ObjectKind::Procedure;
        let is_input = |parameter: &&Parameter| match parameter.mode {
            ParameterMode::In | ParameterMode::InOut | ParameterMode::Variadic => true,
            ParameterMode::Out => procedure,
            ParameterMode::Table => false,
        };
        let inputs: Vec<&Parameter> = own.routine.parameters.iter().filter(is_input).collect();
        let fewest = inputs.iter().filter(|parameter| parameter.default.is_none()).count();
        for given in BTreeSet::from([fewest, inputs.len()]) {
            let argument = |parameter: &&Parameter, value: String| {
                let variadic = if parameter.mode == ParameterMode::Variadic { "VARIADIC " } else { "" };
                format!("{variadic}{value}::{}", self.dialect.type_text(&parameter.data_type))
            };
            let nulls = inputs[..given].iter().map(|parameter| argument(parameter, "NULL".into()));
            let usage = Use::Call(name.clone(), own.signature.clone(), given as u16);
            let call = format!("{}({})", relation(name, self.dialect), nulls.collect::<Vec<_>>().join(", "));
            if procedure {
                out.one(usage.clone(), format!("CALL {call}"));
                continue;
            }
            // Once only to find the routine, once to run its body.
            out.one(usage.clone(), format!("EXPLAIN SELECT * FROM {call} AS result"));
            out.one(usage.clone(), format!("EXPLAIN SELECT {call}"));
            out.one(usage, format!("SELECT {call}"));
        }
    }
}

/// The length that a type of strings is limited to.
fn length(data_type: &TypeName) -> Option<usize> {
    let strings = matches!(data_type.name.as_str(), "character varying" | "character");
    data_type.modifiers.first().filter(|_| strings)?.trim().parse().ok().filter(|length| *length < 100_000)
}

/// A text of some length that a type takes.
fn long(data_type: &TypeName, length: usize) -> String {
    let text = "x".repeat(length);
    match (data_type.dimensions, data_type.name.as_str()) {
        (0, "json" | "jsonb") => format!("\"{text}\""),
        (0, _) => text,
        _ => format!("{{{text}}}"),
    }
}

fn value_in<'r>(row: &'r Row, column: &Ident) -> Option<&'r String> {
    row.iter().find(|(name, _)| name == column).map(|(_, value)| value)
}

/// The columns of each unique key, and those that are set apart by an exclusion.
pub fn own_keys(table: &Table) -> Vec<Vec<Ident>> {
    let names = |key: &IndexKey| key.expr.refs.iter().map(|name| name.name().clone()).collect::<Vec<_>>();
    let columns = |key: &IndexKey| key.column().map_or_else(|| names(key), |column| vec![column.clone()]);
    let unique = table.indexes.iter().filter(|index| index.unique).map(|index| &index.shape);
    let excluded = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Exclude(shape) => Some(shape),
        _ => None,
    });
    unique.chain(excluded).map(|shape| shape.keys.iter().flat_map(columns).collect()).collect()
}

/// A small set of columns in which two rows must differ so that no key refuses them.
fn apart(keys: &[Vec<Ident>], pick: fn(&[Ident]) -> Option<&Ident>) -> BTreeSet<Ident> {
    let mut out = BTreeSet::new();
    for key in keys {
        if !key.iter().any(|column| out.contains(column)) {
            out.extend(pick(key).cloned());
        }
    }
    out
}

struct Out<'a> {
    probes: Vec<Probe>,
    dialect: &'a dyn Dialect,
}

impl Out<'_> {
    fn one(&mut self, usage: Use, sql: String) {
        self.probes.push(Probe { usage, attempt: Attempt::one(sql) });
    }

    fn privileges(&mut self, name: &Name, kind: &str, privileges: &Privileges) {
        let object = relation(name, self.dialect);
        for ((role, privilege), _) in privileges.iter().filter(|(_, columns)| columns.is_empty()) {
            self.privilege(Use::Privilege(name.clone(), role.clone(), privilege.clone()), kind, &object);
        }
    }

    /// A privilege is asked for, since the session may do everything; where it is missing the attempt fails as the use would.
    fn privilege(&mut self, usage: Use, kind: &str, object: &str) {
        let Use::Privilege(_, role, privilege) = &usage else { return };
        let has = format!("has_{kind}_privilege({}, {}, {})", quoted(role), quoted(object), quoted(privilege));
        let refuse = format!("RAISE insufficient_privilege USING MESSAGE = 'permission denied for {kind}'");
        let sql = format!("DO $probe$ BEGIN IF NOT {has} THEN {refuse}; END IF; END $probe$");
        self.one(usage, sql);
    }
}
