//! The rows that an application writes, as far as its own schema tells: what may be null, what the rows hold in columns that it
//! does not know, and what its own checks and types say. A rule of the state is held against all of them.

use super::condition::{Condition, conditions, implied, parse, within};
use super::evaluate::{Row, Truths, Value, truth_value};
use super::filler::Fillers;
use super::surface::Surface;
use super::{App, Trial};
use crate::catalog::{Catalog, TableColumn, UserTypeShape};
use crate::change::{ColumnValue, Expr, Ident, RefKind, TypeName, TypeShape};
use sqlparser::ast::Expr as Ast;
use std::collections::{BTreeMap, BTreeSet};

/// So many different rows are tried.
const MOST_ROWS: usize = 1024;

/// The rows of an application in a table of the state.
pub struct Rows<'a> {
    app: &'a Catalog,
    state: &'a Catalog,
    which: App,
    own: &'a Surface<'a>,
    there: &'a Surface<'a>,
    /// The checks that its own schema holds the rows to.
    given: Vec<(Ast, BTreeSet<Ident>)>,
    known: Vec<Condition>,
    fillers: Option<Fillers<'a>>,
}

impl<'a> Rows<'a> {
    /// The rows that pass the checks `given` of the application's own schema.
    pub fn new(trial: &Trial<'a>, own: &'a Surface<'a>, there: &'a Surface<'a>, given: &[&Expr]) -> Rows<'a> {
        let fillers = there.table.map(|table| Fillers::of(trial.state, table));
        let copies = copies(own, there, fillers.as_ref());
        let mut given: Vec<Expr> = given.iter().map(|expr| (*expr).clone()).collect();
        for (column, copy) in &copies {
            let of_copy: Vec<Expr> =
                given.iter().filter(|expr| columns_of(expr).contains(column)).map(|expr| of(expr, column, copy, trial)).collect();
            given.extend(of_copy);
        }
        let mut known: Vec<Condition> = given.iter().flat_map(conditions).collect();
        for column in own.table.iter().flat_map(|table| &table.columns) {
            let same = copies.iter().filter(|(from, _)| *from == column.name).map(|(_, copy)| copy);
            known.extend(same.chain([&column.name]).flat_map(|name| within(name, &column.data_type)));
        }
        Rows {
            app: trial.app,
            state: trial.state,
            which: trial.which,
            own,
            there,
            given: given.iter().filter_map(|expr| Some((parse(&expr.sql)?, columns_of(expr)))).collect(),
            known,
            fillers,
        }
    }

    /// Whether no row of the application is refused by the check.
    pub fn pass(&self, check: &Expr) -> bool {
        let found = self.answers(check);
        if !found.may(Truths::FALSE) {
            return true;
        }
        // Under a default that is not null all rows are alike: that it fails for each of them would have to be certain.
        let columns = columns_of(check);
        !columns.is_empty() && columns.iter().all(|column| self.is_supplied(column)) && found != Truths::FALSE
    }

    /// Whether no row of the application satisfies the condition.
    pub fn never(&self, condition: &Expr) -> bool {
        !self.answers(condition).may(Truths::TRUE)
    }

    /// Every answer that a condition has for one of the rows.
    fn answers(&self, expr: &Expr) -> Truths {
        let Some(ast) = parse(&expr.sql) else { return Truths::ALL };
        let named = columns_of(expr);
        let mixed = named.iter().any(|column| !self.is_new(column));
        let given: Vec<&(Ast, BTreeSet<Ident>)> =
            self.given.iter().filter(|(_, columns)| columns.iter().any(|column| named.contains(column))).collect();
        let others: BTreeSet<Ident> = given.iter().flat_map(|(_, columns)| columns.iter().cloned()).collect();
        let choices = |columns: &BTreeSet<Ident>| -> Vec<(Ident, Vec<Value>)> {
            columns.iter().map(|column| (column.clone(), self.choices(column, mixed))).collect()
        };
        let wide = choices(&named.union(&others).cloned().collect());
        let (choices, given) = if count(&wide) <= MOST_ROWS { (wide, given) } else { (choices(&named), Vec::new()) };
        if count(&choices) > MOST_ROWS {
            return Truths::ALL;
        }
        let mut found = Truths::NONE;
        for number in 0..count(&choices) {
            let columns = row(&choices, number);
            let plain = Row { columns: &columns, holds: &|_| false };
            if given.iter().any(|(check, _)| !plain.truth(check).may(Truths::PASSES)) {
                continue;
            }
            let holds = |ast: &Ast| implied(&self.known, ast);
            found = found | Row { columns: &columns, holds: &holds }.truth(&ast);
        }
        found
    }

    /// The column of the table in the application's own schema, under the name that the state has for it.
    fn is_new(&self, column: &Ident) -> bool {
        self.own.table.is_some_and(|table| table.column(column).is_none())
            && self.there.seen(column).is_none_or(|seen| self.own.column(&seen).is_none())
    }

    fn is_supplied(&self, column: &Ident) -> bool {
        let value = self.there.table.and_then(|table| table.column(column)).map(|column| &column.value);
        self.is_new(column) && value.is_some_and(|value| *value != ColumnValue::None)
    }

    /// What a column may hold. `mixed` says that the rule also names columns that the application writes: rows that were there
    /// when the rule was made satisfied it, but only as long as these stay what they were.
    fn choices(&self, name: &Ident, mixed: bool) -> Vec<Value> {
        let Some(column) = self.there.table.and_then(|table| table.column(name)) else { return vec![Value::Any] };
        if self.is_composite(&column.data_type) {
            return vec![Value::Any];
        }
        let own = self.there.seen(name).and_then(|seen| self.own.column(&seen));
        let required = column.not_null || own.is_some_and(|own| own.not_null.is_some());
        let by_trigger = self.fillers.as_ref().is_some_and(|fillers| fillers.may_fill(name));
        let anything = || {
            let mut values = match column.data_type.name.as_str() {
                "boolean" if column.data_type.dimensions == 0 => vec![Value::Bool(true), Value::Bool(false)],
                _ => vec![Value::Some],
            };
            if !required || by_trigger && !column.not_null {
                values.push(Value::Null);
            }
            values
        };
        if !self.is_new(name) || by_trigger {
            return anything();
        }
        let filled = || self.there.table.is_some_and(|table| self.state.filled(table, name).is_some());
        let default = default_of(self.state, column);
        // Before the change, rows are there to which the old application gave values.
        let given = self.which == App::New && default != Value::Null;
        if mixed && (given || filled()) {
            return anything();
        }
        // Rows that were there before the column had a default hold null.
        if mixed && !column.not_null && default != Value::Null { vec![default, Value::Null] } else { vec![default] }
    }

    /// Whether `IS NULL` asks for more than a null of this type.
    fn is_composite(&self, data_type: &TypeName) -> bool {
        [self.app, self.state].iter().any(|catalog| {
            if catalog.resolve_relation(&data_type.qname()).is_some() {
                return true;
            }
            let found = catalog.resolve_type(&data_type.qname()).and_then(|name| catalog.types.get(&name));
            matches!(found.map(|found| &found.shape), Some(UserTypeShape::Type(TypeShape::Composite(_))))
        })
    }
}

/// Whether a row that takes the column's default is refused by the check, whatever its other columns hold.
pub fn refuses_default(catalog: &Catalog, column: &TableColumn, check: &Expr) -> bool {
    if !columns_of(check).contains(&column.name) {
        return false;
    }
    let columns = BTreeMap::from([(column.name.clone(), default_of(catalog, column))]);
    let row = Row { columns: &columns, holds: &|_| false };
    parse(&check.sql).is_some_and(|ast| row.truth(&ast) == Truths::FALSE)
}

/// Whether the column's default is a string that its type has no room for; blanks at the end are cut off.
pub fn is_too_long(catalog: &Catalog, column: &TableColumn) -> bool {
    let ColumnValue::Default(expr) = &column.value else { return false };
    let data_type = base(catalog, &column.data_type);
    let limited = matches!(data_type.name.as_str(), "character varying" | "character") && data_type.dimensions == 0;
    let length = data_type.modifiers.first().and_then(|length| length.parse::<usize>().ok()).filter(|_| limited);
    let none = BTreeMap::new();
    let value = parse(&expr.sql).map(|ast| Row { columns: &none, holds: &|_| false }.value(&ast));
    match (length, value) {
        (Some(length), Some(Value::Text(text))) => text.trim_end_matches(' ').chars().count() > length,
        _ => false,
    }
}

/// What a row that leaves the column out holds there.
fn default_of(catalog: &Catalog, column: &TableColumn) -> Value {
    match &column.value {
        ColumnValue::None if domain_of(catalog, &column.data_type).is_some() => Value::Any,
        ColumnValue::None => Value::Null,
        ColumnValue::Serial | ColumnValue::Identity { .. } => Value::Some,
        ColumnValue::Generated { .. } => Value::Any,
        ColumnValue::Default(expr) => {
            let none = BTreeMap::new();
            let value = parse(&expr.sql).map_or(Value::Any, |ast| Row { columns: &none, holds: &|_| false }.value(&ast));
            stored(catalog, column, value)
        }
    }
}

/// A value as a column of its type holds it, where that is certain.
fn stored(catalog: &Catalog, column: &TableColumn, value: Value) -> Value {
    let data_type = base(catalog, &column.data_type);
    let is_enum = || {
        let found = catalog.resolve_type(&data_type.qname()).and_then(|name| catalog.types.get(&name));
        matches!(found.map(|found| &found.shape), Some(UserTypeShape::Type(TypeShape::Enum(_))))
    };
    let longest: Option<usize> = data_type.modifiers.first().and_then(|length| length.parse().ok());
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => super::evaluate::number(text.trim()),
        _ => None,
    };
    let whole = |value: &Value, most: f64| number(value).filter(|number| number.fract() == 0.0 && number.abs() < most);
    let kept = match (data_type.name.as_str(), &value) {
        _ if data_type.dimensions > 0 => None,
        (_, Value::Null | Value::Any) => return value,
        ("boolean", Value::Text(text)) => truth_value(text).map(Value::Bool),
        ("boolean", Value::Bool(_)) => return value,
        ("smallint" | "integer" | "bigint" | "numeric", _) if data_type.modifiers.is_empty() => match data_type.name.as_str() {
            "numeric" => number(&value).map(Value::Number),
            _ => whole(&value, 1e15).map(Value::Number),
        },
        ("numeric", _) => whole(&value, 1e15).map(Value::Number),
        ("real" | "double precision", _) => whole(&value, 16_777_216.0).map(Value::Number),
        // Another collation may take other strings for equal.
        ("text" | "character varying", Value::Text(text)) if column.collation.is_none() => {
            let fits = longest.is_none_or(|longest| text.chars().count() <= longest);
            fits.then(|| value.clone())
        }
        (_, Value::Text(_)) if is_enum() => return value,
        _ => None,
    };
    kept.unwrap_or(Value::Some)
}

fn domain_of<'c>(catalog: &'c Catalog, data_type: &TypeName) -> Option<&'c crate::change::Domain> {
    let name = catalog.resolve_type(&data_type.qname()).filter(|_| data_type.dimensions == 0)?;
    match &catalog.types.get(&name)?.shape {
        UserTypeShape::Domain(domain) => Some(domain),
        UserTypeShape::Type(_) => None,
    }
}

fn base(catalog: &Catalog, data_type: &TypeName) -> TypeName {
    domain_of(catalog, data_type).map_or_else(|| data_type.clone(), |domain| base(catalog, &domain.data_type))
}

fn columns_of(expr: &Expr) -> BTreeSet<Ident> {
    expr.refs.iter().filter(|found| found.kind == RefKind::Column).map(|found| found.name().clone()).collect()
}

fn count(choices: &[(Ident, Vec<Value>)]) -> usize {
    choices.iter().fold(1, |product, (_, values)| product.saturating_mul(values.len()))
}

/// One of the combinations, by its number.
fn row(choices: &[(Ident, Vec<Value>)], mut number: usize) -> BTreeMap<Ident, Value> {
    let mut columns = BTreeMap::new();
    for (name, values) in choices {
        columns.insert(name.clone(), values[number % values.len()].clone());
        number /= values.len();
    }
    columns
}

/// The columns that a trigger fills with what the application writes to another one: that one, and the copy.
fn copies(own: &Surface<'_>, there: &Surface<'_>, fillers: Option<&Fillers<'_>>) -> Vec<(Ident, Ident)> {
    let (Some(table), Some(fillers)) = (there.table, fillers) else { return Vec::new() };
    let known = |column: &Ident| own.table.is_some_and(|own| own.column(column).is_some());
    let new = table.columns.iter().map(|column| &column.name).filter(|column| !known(column));
    new.filter_map(|column| fillers.copied_from(column).filter(known).map(|from| (from, column.clone()))).collect()
}

/// The same rule for a copy of a column.
fn of(expr: &Expr, column: &Ident, copy: &Ident, trial: &Trial<'_>) -> Expr {
    expr.rename(|reference, part| {
        let named = reference.kind == RefKind::Column && part + 1 == reference.parts.len() && reference.parts[part] == *column;
        named.then(|| (copy.clone(), trial.dialect.quote(copy).into_owned()))
    })
}
