//! What an application sees of a table or view: columns as they can be read and written, and the rules for its rows. A view
//! that can be written through shows the surface of the table below it, so that a renamed table behind a view of the old
//! name is judged like the table itself.

use super::filler::Fillers;
use crate::catalog::{Catalog, Index, Name, Relation, Table, UserTypeShape, View};
use crate::change::{ColumnValue, Constraint, ConstraintKind, Expr, Firing, Ident, Trigger, TypeName};
use std::sync::Arc;

/// What an application sees of a relation.
pub struct Surface<'a> {
    /// The columns that it can name.
    pub columns: Vec<SurfaceColumn<'a>>,
    /// The table at the bottom, where rows can be written.
    pub table: Option<&'a Table>,
    /// Whether rows can be inserted.
    pub writable: bool,
    /// Whether rows can be updated.
    pub updatable: bool,
    /// Whether rows can be deleted.
    pub deletable: bool,
    /// For a view over a table: the view's name of each of the table's columns that it shows.
    shown: Option<Vec<(Ident, Ident)>>,
}

/// A column as an application sees it.
pub struct SurfaceColumn<'a> {
    /// The name that it uses.
    pub name: Ident,
    /// The type, where it is known.
    pub data_type: Option<TypeName>,
    /// What refuses null, if anything does.
    pub not_null: Option<NullRefusal>,
    /// Whether an insert may leave it out.
    pub omittable: bool,
    /// Whether an explicit value is refused.
    pub generated: Generated,
    /// What an insert that leaves it out puts there.
    pub value: &'a ColumnValue,
}

/// What refuses null in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NullRefusal {
    /// The column's own `NOT NULL`.
    Column,
    /// A check of the table.
    Check(Ident),
    /// Its domain.
    Domain(Ident),
}

/// Whether an explicit value for a column is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// It may be written.
    No,
    /// The server computes it.
    Expression,
    /// The server draws it from its sequence.
    IdentityAlways,
}

const NO_VALUE: &ColumnValue = &ColumnValue::None;

impl<'a> Surface<'a> {
    /// The surface of a relation; nothing for sequences and indexes.
    pub fn of(catalog: &'a Catalog, name: &Name) -> Option<Surface<'a>> {
        match catalog.relations.get(name)? {
            Relation::Table(table) => Some(Surface::of_table(catalog, table)),
            Relation::View(view) => Some(Surface::of_view(catalog, view, 0)),
            Relation::Sequence(_) | Relation::Index(_) => None,
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&SurfaceColumn<'a>> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name under which a column of the table below is seen here.
    pub fn seen(&self, column: &str) -> Option<Ident> {
        match &self.shown {
            None => self.column(column).map(|column| column.name.clone()),
            Some(shown) => shown.iter().find(|(below, _)| below == column).map(|(_, here)| here.clone()),
        }
    }

    /// The columns of the table below that an insert must fill and that cannot be named here.
    pub fn hidden_required(&self, catalog: &Catalog) -> Vec<Ident> {
        let (Some(table), Some(_)) = (self.table, &self.shown) else { return Vec::new() };
        let below = Surface::of_table(catalog, table);
        below
            .columns
            .iter()
            .filter(|column| !column.omittable && self.seen(&column.name).is_none())
            .map(|column| column.name.clone())
            .collect()
    }

    fn of_table(catalog: &'a Catalog, table: &'a Table) -> Surface<'a> {
        let fillers = Fillers::of(catalog, table);
        let columns = table.columns.iter().map(|column| {
            let not_null = null_refusal(catalog, table, column);
            let filled_by_trigger = not_null.is_some() && fillers.fill(&column.name);
            let generated = match &column.value {
                ColumnValue::Generated { .. } => Generated::Expression,
                ColumnValue::Identity { always: true, .. } => Generated::IdentityAlways,
                ColumnValue::None | ColumnValue::Default(_) | ColumnValue::Serial | ColumnValue::Identity { .. } => Generated::No,
            };
            SurfaceColumn {
                name: column.name.clone(),
                data_type: Some(column.data_type.clone()),
                omittable: not_null.is_none() || filled_by_trigger || supplies_value(catalog, &column.value, &column.data_type),
                not_null: not_null.filter(|_| !filled_by_trigger),
                generated,
                value: &column.value,
            }
        });
        Surface { columns: columns.collect(), table: Some(table), writable: true, updatable: true, deletable: true, shown: None }
    }

    fn of_view(catalog: &'a Catalog, view: &'a View, depth: u8) -> Surface<'a> {
        let below = (depth < 16).then(|| updatable_source(catalog, view)).flatten().and_then(|name| {
            match catalog.relations.get(&name)? {
                Relation::Table(table) => Some(Surface::of_table(catalog, table)),
                Relation::View(view) => Some(Surface::of_view(catalog, view, depth + 1)),
                _ => None,
            }
        });
        let instead = |event: &str| {
            let fires = |trigger: &Arc<Trigger>| trigger.timing == "INSTEAD OF" && trigger.enabled != Firing::Disabled;
            let by_trigger =
                view.triggers.iter().filter(|trigger| fires(trigger)).any(|trigger| trigger.events.iter().any(|e| e == event));
            by_trigger || view.rules.iter().any(|rule| rule.instead && rule.event == event)
        };
        let by_itself = |can: fn(&Surface<'_>) -> bool| below.as_ref().is_some_and(can);
        let writable = instead("INSERT") || by_itself(|below| below.writable);
        let updatable = instead("UPDATE") || by_itself(|below| below.updatable);
        let deletable = instead("DELETE") || by_itself(|below| below.deletable);
        let plain = !["INSERT", "UPDATE", "DELETE"].into_iter().any(instead);
        let Some(below) = below.filter(|below| below.writable && plain) else {
            let columns = view.columns.iter().map(|column| SurfaceColumn {
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                not_null: None,
                omittable: true,
                generated: Generated::No,
                value: NO_VALUE,
            });
            return Surface { columns: columns.collect(), table: None, writable, updatable, deletable, shown: None };
        };
        let mut shown = Vec::new();
        let columns = view.columns.iter().map(|column| {
            let source = column.source.as_ref().and_then(|(_, source)| below.column(source));
            if let (Some((_, source)), Some(_)) = (&column.source, source) {
                let bottom = match &below.shown {
                    None => Some(source.clone()),
                    Some(names) => names.iter().find(|(_, here)| here == source).map(|(bottom, _)| bottom.clone()),
                };
                shown.extend(bottom.map(|bottom| (bottom, column.name.clone())));
            }
            SurfaceColumn {
                name: column.name.clone(),
                data_type: column.data_type.clone().or_else(|| source.and_then(|source| source.data_type.clone())),
                not_null: source.and_then(|source| source.not_null.clone()),
                omittable: source.is_none_or(|source| source.omittable) || supplied(view, &column.name),
                generated: source.map_or(Generated::Expression, |source| source.generated),
                value: source.map_or(NO_VALUE, |source| source.value),
            }
        });
        let columns = columns.collect();
        Surface { columns, table: below.table, writable, updatable, deletable, shown: Some(shown) }
    }
}

/// The single relation that a view can be written through to: one source, nothing derived.
fn updatable_source(catalog: &Catalog, view: &View) -> Option<Name> {
    if view.materialized {
        return None;
    }
    let select = view.query.selects.first()?;
    if select.derived || select.sources.len() != 1 || !select.arms.is_empty() {
        return None;
    }
    match &select.sources[0].from {
        crate::change::SourceKind::Relation(name) => catalog.resolve_relation(name).or_else(|| {
            // A view keeps what it was made over, whatever the search path says now.
            view.columns.iter().find_map(|column| column.source.as_ref().map(|(relation, _)| relation.clone()))
        }),
        _ => None,
    }
}

/// Whether a view has a default of its own for a column.
fn supplied(view: &View, column: &str) -> bool {
    view.defaults.iter().any(|(name, expr)| name == column && expr.shape != crate::change::ExprShape::Null)
}

/// Whether a column without an explicit value gets one that is not null.
fn supplies_value(catalog: &Catalog, value: &ColumnValue, data_type: &TypeName) -> bool {
    match value {
        ColumnValue::None => domain_default(catalog, data_type),
        ColumnValue::Default(expr) => expr.shape != crate::change::ExprShape::Null,
        ColumnValue::Serial | ColumnValue::Identity { .. } | ColumnValue::Generated { .. } => true,
    }
}

/// Whether the rows of a table get a value in that column that nobody names.
pub fn gets_value(catalog: &Catalog, table: &Table, column: &str) -> bool {
    let supplied = table.column(column).is_some_and(|column| supplies_value(catalog, &column.value, &column.data_type));
    supplied || Fillers::of(catalog, table).may_fill(column)
}

fn domain<'a>(catalog: &'a Catalog, data_type: &TypeName) -> Option<&'a crate::change::Domain> {
    if data_type.dimensions > 0 {
        return None;
    }
    let name = catalog.resolve_type(&data_type.qname())?;
    match &catalog.types.get(&name)?.shape {
        UserTypeShape::Domain(domain) => Some(domain),
        UserTypeShape::Type(_) => None,
    }
}

/// Whether a column of a table never holds null.
pub fn refuses_null(catalog: &Catalog, table: &Table, column: &crate::change::Column) -> bool {
    null_refusal(catalog, table, column).is_some()
}

fn null_refusal(catalog: &Catalog, table: &Table, column: &crate::change::Column) -> Option<NullRefusal> {
    if column.not_null {
        return Some(NullRefusal::Column);
    }
    let demanding = table.constraints.iter().find(|constraint| demands_not_null(constraint, &column.name));
    match demanding.map(|constraint| (&constraint.kind, constraint.name.clone().unwrap_or_default())) {
        Some((ConstraintKind::Check(_), name)) => Some(NullRefusal::Check(name)),
        Some(_) => Some(NullRefusal::Column),
        None => domain_demands(catalog, &column.data_type).then(|| NullRefusal::Domain(column.data_type.name.clone())),
    }
}

fn domain_demands(catalog: &Catalog, data_type: &TypeName) -> bool {
    domain(catalog, data_type).is_some_and(|domain| domain.not_null || domain_demands(catalog, &domain.data_type))
}

fn domain_default(catalog: &Catalog, data_type: &TypeName) -> bool {
    domain(catalog, data_type).is_some_and(|domain| domain.default.is_some() || domain_default(catalog, &domain.data_type))
}

/// Whether a constraint refuses null in that column.
fn demands_not_null(constraint: &Constraint, column: &str) -> bool {
    if constraint.not_enforced {
        return false;
    }
    match &constraint.kind {
        ConstraintKind::Check(expr) => {
            matches!(&expr.shape, crate::change::ExprShape::NotNull(columns) if columns.iter().any(|c| c == column))
        }
        ConstraintKind::NotNull(name) => name == column,
        ConstraintKind::PrimaryKey(key) => key.columns.iter().any(|c| c == column),
        ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Exclude(_) => false,
    }
}

/// A unique rule for rows: a unique index, also behind a constraint.
pub struct UniqueKey<'a> {
    /// The index.
    pub index: &'a Index,
    /// Its columns by the names seen; `None` where a key is an expression or a column that is not seen.
    pub columns: Option<Vec<Ident>>,
    /// Its constraint.
    pub constraint: Option<&'a Constraint>,
}

impl<'a> UniqueKey<'a> {
    /// The unique keys of the table below a surface.
    pub fn of(surface: &Surface<'a>) -> Vec<UniqueKey<'a>> {
        let Some(table) = surface.table else { return Vec::new() };
        let key = |index: &'a Arc<Index>| UniqueKey {
            index,
            columns: index.shape.keys.iter().map(|key| key.column().and_then(|column| surface.seen(column))).collect(),
            constraint: index.constraint.as_ref().and_then(|name| table.constraint(name)).map(|constraint| &**constraint),
        };
        table.indexes.iter().filter(|index| index.unique).map(key).collect()
    }

    /// Whether an upsert may name its columns (and predicate).
    pub fn arbiter(&self) -> bool {
        self.index.valid
            && (self.columns.is_some() || self.index.shape.keys.iter().any(|key| key.column().is_none()))
            && self.constraint.is_none_or(|c| c.deferrable == crate::change::Deferrable::No)
    }

    /// Its predicate's text, made comparable.
    pub fn predicate(&self) -> Option<String> {
        self.index.shape.predicate.as_ref().map(normal_text)
    }
}

/// An expression's text, made comparable: white space and outer parentheses do not count, letters outside quotes neither.
pub fn normal_text(expr: &Expr) -> String {
    let mut out = String::with_capacity(expr.sql.len());
    let mut quote = None;
    for c in expr.sql.trim().chars() {
        match quote {
            Some(open) => {
                out.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                out.push(c);
            }
            None if c.is_whitespace() => {
                if out.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '"' || last == '\'') {
                    out.push(' ');
                }
            }
            None => {
                if !(c.is_alphanumeric() || c == '_' || c == '"' || c == '\'') && out.ends_with(' ') {
                    out.pop();
                }
                out.extend(c.to_lowercase());
            }
        }
    }
    strip_parentheses(&out).to_string()
}

/// Without the parentheses that enclose the whole.
pub fn strip_parentheses(mut text: &str) -> &str {
    loop {
        let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return text };
        let mut depth = 0i32;
        let mut quoted = false;
        let closes_early = inner.chars().any(|c| {
            match c {
                '\'' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            depth < 0
        });
        if closes_early {
            return text;
        }
        text = inner.trim();
    }
}
