//! Labels that the open transaction added to an enum: nothing may name them before they are committed. What a statement means
//! by a literal is seen where it stands beside a column of the enum, or is cast to it; elsewhere it is not certain.

use super::Done;
use crate::catalog::{Catalog, Name, Problem, UserType, UserTypeShape};
use crate::change::{
    Change, Column, ColumnValue, Constraint, ConstraintKind, CreateTable, Data, DomainChange, Expr, Ident, Query, Ref, RefKind,
    RoutineBody, SourceKind, TableAction, TableElement, TypeName, TypeShape,
};
use std::sync::Arc;

/// Whether a change, which has just been made, names such a label.
pub(super) fn check(catalog: &Catalog, change: &Change) -> Done {
    if catalog.session.new_labels.is_empty() {
        return Ok(());
    }
    match used(catalog, change) {
        Some((label, enumeration)) => {
            Err(Problem::UncommittedLabel { label: label.to_string(), enumeration: enumeration.name.name.to_string() })
        }
        None => Ok(()),
    }
}

type Used<'a> = Option<(&'a Arc<str>, &'a UserType)>;

fn used<'a>(catalog: &'a Catalog, change: &Change) -> Used<'a> {
    match change {
        Change::Data(data) => in_rows(catalog, data).or_else(|| in_query(catalog, data.query.as_ref()?)),
        Change::CreateView(view) => in_query(catalog, &view.query),
        Change::CreateTable(create) => in_new_table(catalog, create),
        Change::AlterTable(alter) => {
            let table = catalog.resolve_relation(&alter.table)?;
            in_action(catalog, &table, &alter.action)
        }
        Change::CreateIndex(index) => {
            let table = catalog.resolve_relation(&index.table)?;
            let texts = index.shape.keys.iter().map(|key| &key.expr).chain(&index.shape.predicate);
            in_texts(catalog, texts, &[table])
        }
        Change::CreatePolicy { table, policy } => {
            let table = catalog.resolve_relation(table)?;
            in_texts(catalog, policy.using.iter().chain(&policy.check), &[table])
        }
        Change::AlterPolicy { table, using, check, .. } => {
            let table = catalog.resolve_relation(table)?;
            in_texts(catalog, using.iter().chain(check), &[table])
        }
        Change::CreateTrigger { table, trigger, .. } => {
            let table = catalog.resolve_relation(table)?;
            in_texts(catalog, &trigger.when, &[table])
        }
        Change::CreateRule { table, rule, .. } => {
            let table = catalog.resolve_relation(table)?;
            in_query(catalog, &rule.text).or_else(|| in_texts(catalog, [&rule.text.text], &[table]))
        }
        Change::CreateDomain { domain, .. } => {
            let default = domain.default.as_ref().and_then(|default| as_type(catalog, default, &domain.data_type));
            default.or_else(|| in_texts(catalog, domain.checks.iter().map(|check| &check.expr), &[]))
        }
        Change::AlterDomain { name, change: DomainChange::Default(Some(default)) } => {
            let UserTypeShape::Domain(domain) = &catalog.types.get(&catalog.resolve_type(name)?)?.shape else { return None };
            as_type(catalog, default, &domain.data_type)
        }
        Change::AlterDomain { change: DomainChange::AddCheck(check), .. } => in_texts(catalog, [&check.expr], &[]),
        Change::CreateRoutine { routine, .. } => {
            let defaults = routine.parameters.iter().filter_map(|own| Some((own.default.as_ref()?, &own.data_type)));
            let in_default = defaults.into_iter().find_map(|(default, of)| as_type(catalog, default, of));
            in_default.or_else(|| match &routine.body {
                RoutineBody::Sql(body) => in_query(catalog, body),
                RoutineBody::Text(_) | RoutineBody::Library(..) | RoutineBody::Aggregate(_) => None,
            })
        }
        Change::AlterDomain { .. }
        | Change::CreateSchema { .. }
        | Change::Refresh { .. }
        | Change::CreateSequence { .. }
        | Change::AlterSequence { .. }
        | Change::CreateType { .. }
        | Change::AlterEnum { .. }
        | Change::AlterComposite { .. }
        | Change::AlterRoutine { .. }
        | Change::Drop { .. }
        | Change::Rename { .. }
        | Change::SetSchema { .. }
        | Change::SetOwner { .. }
        | Change::Comment { .. }
        | Change::Grant(_)
        | Change::CreateExtension { .. }
        | Change::CreateOther { .. }
        | Change::AlterOther { .. }
        | Change::Truncate { .. }
        | Change::Do(_)
        | Change::Transaction(_)
        | Change::Set { .. }
        | Change::Lock { .. }
        | Change::Maintenance(_)
        | Change::NoEffect
        | Change::Opaque(_) => None,
    }
}

fn in_rows<'a>(catalog: &'a Catalog, data: &Data) -> Used<'a> {
    let table = catalog.table(&catalog.resolve_relation(data.table.as_ref()?)?)?;
    let names: Vec<&Ident> = match &data.columns {
        Some(columns) => columns.iter().collect(),
        None => table.columns.iter().map(|column| &column.name).collect(),
    };
    let values = data.rows.iter().flatten().flat_map(|row| names.iter().zip(row));
    values.into_iter().find_map(|(name, value)| as_type(catalog, value, &table.column(name)?.data_type))
}

fn in_query<'a>(catalog: &'a Catalog, query: &Query) -> Used<'a> {
    let sources = query.selects.iter().flat_map(|select| &select.sources).filter_map(|source| match &source.from {
        SourceKind::Relation(name) => catalog.resolve_relation(name),
        SourceKind::Select(_) | SourceKind::Function(_) | SourceKind::Unknown => None,
    });
    in_texts(catalog, [&query.text], &sources.collect::<Vec<_>>())
}

fn in_new_table<'a>(catalog: &'a Catalog, create: &CreateTable) -> Used<'a> {
    let table = catalog.resolve_relation(&create.name)?;
    let columns = create.elements.iter().filter_map(|element| match element {
        TableElement::Column(column) => Some(column),
        TableElement::Like { .. } => None,
    });
    let in_columns = columns.into_iter().find_map(|column| in_column(catalog, &table, column));
    in_columns
        .or_else(|| in_texts(catalog, checks(&create.constraints), std::slice::from_ref(&table)))
        .or_else(|| in_query(catalog, create.query.as_ref()?))
}

fn in_action<'a>(catalog: &'a Catalog, table: &Name, action: &TableAction) -> Used<'a> {
    let own = std::slice::from_ref(table);
    match action {
        TableAction::AddColumn { column, constraints, .. } => {
            in_column(catalog, table, column).or_else(|| in_texts(catalog, checks(constraints), own))
        }
        TableAction::SetDefault { column, default } => {
            as_type(catalog, default, &catalog.table(table)?.column(column)?.data_type)
        }
        TableAction::AddConstraint(constraint) => in_texts(catalog, checks(std::slice::from_ref(constraint)), own),
        TableAction::SetExpression { expr, .. } => in_texts(catalog, [expr], own),
        TableAction::SetType { using, .. } => in_texts(catalog, using, own),
        _ => None,
    }
}

fn checks(constraints: &[Constraint]) -> impl Iterator<Item = &Expr> {
    constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check(expr) => Some(expr),
        _ => None,
    })
}

fn in_column<'a>(catalog: &'a Catalog, table: &Name, column: &Column) -> Used<'a> {
    match &column.value {
        ColumnValue::Default(default) => as_type(catalog, default, &column.data_type),
        ColumnValue::Generated { expr, .. } => in_texts(catalog, [expr], std::slice::from_ref(table)),
        ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } => None,
    }
}

/// The enum of that type, where it has labels that cannot be used yet.
fn new_enum<'a>(catalog: &'a Catalog, data_type: &TypeName) -> Option<&'a UserType> {
    let found = catalog.types.get(&catalog.resolve_type(&data_type.qname())?)?;
    let is_enum = matches!(found.shape, UserTypeShape::Type(TypeShape::Enum(_)));
    (is_enum && data_type.dimensions == 0 && !found.uncommitted_labels.is_empty()).then_some(&**found)
}

fn among<'a>(of: &'a UserType, literals: &[String]) -> Used<'a> {
    of.uncommitted_labels.iter().find(|label| literals.iter().any(|literal| **literal == ***label)).map(|label| (label, of))
}

/// A value that becomes the type's: a literal is read as one of it.
fn as_type<'a>(catalog: &'a Catalog, value: &Expr, data_type: &TypeName) -> Used<'a> {
    let sql = value.sql.trim();
    let bare = new_enum(catalog, data_type).and_then(|of| among(of, &literals(sql)[..]).filter(|_| sql.ends_with('\'')));
    bare.or_else(|| in_texts(catalog, [value], &[]))
}

fn in_texts<'a, 'e>(catalog: &'a Catalog, texts: impl IntoIterator<Item = &'e Expr>, relations: &[Name]) -> Used<'a> {
    let each = |text: &'e Expr| text.refs.iter().find_map(|reference| beside(catalog, text, reference, relations));
    texts.into_iter().find_map(each)
}

/// A label beside a name in a text: compared with a column of the enum, or cast to it.
fn beside<'a>(catalog: &'a Catalog, text: &Expr, reference: &Ref, relations: &[Name]) -> Used<'a> {
    let (start, end) = (reference.ranges.first()?.0 as usize, reference.ranges.last()?.1 as usize);
    match reference.kind {
        RefKind::Column => {
            let tables = relations.iter().filter_map(|relation| catalog.table(relation));
            let mut of = tables.filter_map(|table| table.column(reference.name())).map(|own| new_enum(catalog, &own.data_type));
            let first = of.next()??;
            let certain = of.all(|other| other.is_some_and(|other| other.name == first.name));
            among(first, &compared(&text.sql[end..])).filter(|_| certain)
        }
        RefKind::Type => {
            let qname = reference.qname();
            let of = new_enum(catalog, &TypeName { schema: qname.schema, ..TypeName::simple(qname.name) })?;
            let is_array = text.sql[end..].trim_start().starts_with('[');
            among(of, &cast(&text.sql[..start])).filter(|_| !is_array)
        }
        RefKind::Relation | RefKind::Function { .. } | RefKind::Collation => None,
    }
}

/// The literals that a column is compared with, or set to, by what follows it: `= 'a'`, `IN ('a', 'b')`, `IS DISTINCT FROM 'a'`.
fn compared(after: &str) -> Vec<String> {
    let after = after.trim_start();
    let operand = after.trim_start_matches(['=', '<', '>', '!']);
    if operand.len() < after.len() {
        return literals(operand.trim_start()).into_iter().take(1).collect();
    }
    let mut rest = after;
    for word in ["IS", "NOT", "DISTINCT", "FROM", "IN"] {
        rest = without_word(rest, word);
    }
    if rest.len() == after.len() { Vec::new() } else { literals(rest.strip_prefix('(').unwrap_or(rest)) }
}

fn without_word<'t>(text: &'t str, word: &str) -> &'t str {
    match text.split_at_checked(word.len()) {
        Some((first, rest)) if first.eq_ignore_ascii_case(word) && !rest.starts_with(char::is_alphanumeric) => rest.trim_start(),
        _ => text,
    }
}

/// The literals at the beginning of a text, with commas between them. One that is cast is of the type that it says.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(inside) = rest.strip_prefix('\'') {
        let Some((literal, after)) = closed(inside) else { break };
        rest = after.trim_start();
        if rest.starts_with("::") {
            break;
        }
        found.push(literal);
        let Some(next) = rest.strip_prefix(',') else { break };
        rest = next.trim_start();
    }
    found
}

/// A literal after its first quote, and what follows it.
fn closed(inside: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = inside;
    loop {
        let at = rest.find('\'')?;
        literal.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('\'') {
            Some(next) => {
                literal.push('\'');
                rest = next;
            }
            None => return Some((literal, rest)),
        }
    }
}

/// The literal that is cast, by what stands before the type: `'a'::`, `CAST('a' AS `.
fn cast(before: &str) -> Vec<String> {
    let before = before.trim_end();
    let value = before.strip_suffix("::").or_else(|| before.strip_suffix("AS")).or_else(|| before.strip_suffix("as"));
    let Some(quoted) = value.map(str::trim_end).and_then(|value| value.strip_suffix('\'')) else { return Vec::new() };
    let start = quoted.rfind('\'').map_or(0, |at| at + 1);
    vec![quoted[start..].to_owned()]
}
