//! Labels that the open transaction added to an enum: nothing may name them before they are committed. What a statement means
//! by a literal is seen where it stands beside a column of the enum, or is cast to it; elsewhere it is not certain.

use super::Done;
use crate::catalog::{Catalog, Name, Problem, UserType, UserTypeShape};
use crate::change::{
    Change, Column, ColumnValue, Constraint, ConstraintKind, CreateTable, Data, DataKind, DomainChange, Expr, Ident, QName,
    Query, Ref, RefKind, RoutineBody, SourceKind, TableAction, TableElement, TypeName, TypeShape,
};
use std::sync::Arc;

/// Whether a change, which has just been made, names such a label.
pub(super) fn check(catalog: &Catalog, change: &Change) -> Done {
    match uncommitted(catalog, change) {
        Some((problem, false)) => Err(problem),
        Some((_, true)) | None => Ok(()),
    }
}

impl Catalog {
    /// Why servers refuse a change, which has been made here, that do not even let a label be used in its transaction where that
    /// has made the enum.
    pub fn label_of_new_type(&self, change: &Change) -> Option<Problem> {
        uncommitted(self, change).filter(|(_, is_new)| *is_new).map(|(problem, _)| problem)
    }
}

/// The label that a change names, and whether the enum is as new as the label.
fn uncommitted(catalog: &Catalog, change: &Change) -> Option<(Problem, bool)> {
    if catalog.session.new_labels.is_empty() {
        return None;
    }
    let (label, of) = used(catalog, change)?;
    let problem = Problem::UncommittedLabel { label: label.to_string(), enumeration: of.name.name.to_string() };
    Some((problem, catalog.session.new_types.contains(&of.name)))
}

type Used<'a> = Option<(&'a Arc<str>, &'a UserType)>;

fn used<'a>(catalog: &'a Catalog, change: &Change) -> Used<'a> {
    match change {
        Change::Data(data) => {
            in_rows(catalog, data).or_else(|| in_selected(catalog, data)).or_else(|| in_query(catalog, data.query.as_ref()?))
        }
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

/// The literals that the select of an `INSERT` gives for columns.
fn in_selected<'a>(catalog: &'a Catalog, data: &Data) -> Used<'a> {
    let table = catalog.table(&catalog.resolve_relation(data.table.as_ref()?)?)?;
    if data.kind != DataKind::Insert || data.rows.is_some() {
        return None;
    }
    let names: Vec<&Ident> = match &data.columns {
        Some(columns) => columns.iter().collect(),
        None => table.columns.iter().map(|column| &column.name).collect(),
    };
    let items = selected(&data.query.as_ref()?.text.sql);
    names.iter().zip(items).find_map(|(name, item)| as_type(catalog, &Expr::plain(item), &table.column(name)?.data_type))
}

/// The items of the first select that is not in parentheses.
fn selected(sql: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start, mut items) = (0i32, false, None, Vec::new());
    for (at, c) in sql.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => items.extend(start.replace(at + 1).map(|start| sql[start..at].trim())),
            's' | 'S' if depth == 0 && start.is_none() && word_at(sql, at, "SELECT") => start = Some(at + "SELECT".len()),
            _ if depth == 0 && start.is_some() && ["FROM", "WHERE", "UNION"].iter().any(|word| word_at(sql, at, word)) => {
                items.extend(start.take().map(|start| sql[start..at].trim()));
                return items;
            }
            _ => {}
        }
    }
    items.extend(start.map(|start| sql[start..].trim()));
    items
}

fn word_at(sql: &str, at: usize, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    sql.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
        && edge(sql[..at].chars().next_back())
        && edge(sql[at + word.len()..].chars().next())
}

/// The literals in the bound of a partition, where the parent is divided by a column of the enum.
fn in_bound<'a>(catalog: &'a Catalog, parent: &QName, bound: &Expr) -> Used<'a> {
    let parent = catalog.table(&catalog.resolve_relation(parent)?)?;
    let key = parent.partition_by.as_ref()?.keys.sql.trim().strip_prefix('(')?.strip_suffix(')')?;
    let of = new_enum(catalog, &parent.column(key.trim())?.data_type)?;
    among(of, &bound.sql.split('(').skip(1).flat_map(literals).collect::<Vec<_>>())
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
        .or_else(|| create.partition_of.as_ref().and_then(|(parent, bound)| in_bound(catalog, parent, bound)))
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
        TableAction::AttachPartition { bound, .. } => in_bound(catalog, &table.qname(), bound),
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

/// The enum of that type, or of its elements, where it has labels that cannot be used yet.
fn new_enum<'a>(catalog: &'a Catalog, data_type: &TypeName) -> Option<&'a UserType> {
    let found = catalog.types.get(&catalog.resolve_type(&data_type.qname())?)?;
    let is_enum = matches!(found.shape, UserTypeShape::Type(TypeShape::Enum(_)));
    (is_enum && !found.uncommitted_labels.is_empty()).then_some(&**found)
}

/// The elements of literals of arrays.
fn elements(literals: Vec<String>) -> Vec<String> {
    let inner = literals.iter().filter_map(|literal| literal.trim().strip_prefix('{')?.strip_suffix('}'));
    inner.flat_map(|inner| inner.split(',').map(|element| element.trim().trim_matches('"').to_owned())).collect()
}

fn among<'a>(of: &'a UserType, literals: &[String]) -> Used<'a> {
    of.uncommitted_labels.iter().find(|label| literals.iter().any(|literal| **literal == ***label)).map(|label| (label, of))
}

/// A value that becomes the type's: a literal is read as one of it.
fn as_type<'a>(catalog: &'a Catalog, value: &Expr, data_type: &TypeName) -> Used<'a> {
    let sql = value.sql.trim();
    let given = if data_type.dimensions > 0 { elements(literals(sql)) } else { literals(sql) };
    let bare = new_enum(catalog, data_type).and_then(|of| among(of, &given).filter(|_| sql.ends_with('\'')));
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
            let columns = tables.filter_map(|table| table.column(reference.name()));
            let mut of = columns.map(|own| Some((new_enum(catalog, &own.data_type)?, own.data_type.dimensions > 0)));
            let (first, is_array) = of.next()??;
            let certain = of.all(|other| other.is_some_and(|(other, array)| other.name == first.name && array == is_array));
            let mut found = compared(&text.sql[end..]);
            found.extend(compared_before(&text.sql[..start]));
            among(first, &if is_array { elements(found) } else { found }).filter(|_| certain)
        }
        RefKind::Type => {
            let qname = reference.qname();
            let of = new_enum(catalog, &TypeName { schema: qname.schema, ..TypeName::simple(qname.name) })?;
            let (before, is_array) = (&text.sql[..start], text.sql[end..].trim_start().starts_with('['));
            let found = if is_array { [elements(cast(before)), constructed(before)].concat() } else { cast(before) };
            among(of, &found)
        }
        RefKind::Relation | RefKind::Function { .. } | RefKind::Collation => None,
    }
}

/// The literals that a column is compared with, or set to, by what follows it: `= 'a'`, `IN ('a', 'b')`, `IS DISTINCT FROM 'a'`.
fn compared(after: &str) -> Vec<String> {
    let after = after.trim_start();
    let operand = after.trim_start_matches(['=', '<', '>', '!']);
    if operand.len() < after.len() {
        let any = ["ANY", "SOME", "ALL"].iter().fold(operand.trim_start(), |rest, word| without_word(rest, word));
        return match any.strip_prefix('(') {
            Some(inside) if any.len() < operand.trim_start().len() => {
                let array = without_word(inside.trim_start(), "ARRAY").trim_start();
                array.strip_prefix('[').map_or_else(|| elements(literals(inside)), literals)
            }
            _ => literals(operand.trim_start()).into_iter().take(1).collect(),
        };
    }
    let between = without_word(without_word(after, "NOT"), "BETWEEN");
    if between.len() < without_word(after, "NOT").len() {
        let (low, high) = between.split_once(" AND ").or_else(|| between.split_once(" and ")).unwrap_or((between, ""));
        return [low, high].into_iter().flat_map(|end| literals(end.trim()).into_iter().take(1)).collect();
    }
    let mut rest = after;
    for word in ["IS", "NOT", "DISTINCT", "FROM", "IN"] {
        rest = without_word(rest, word);
    }
    if rest.len() == after.len() { Vec::new() } else { literals(rest.strip_prefix('(').unwrap_or(rest)) }
}

/// The literal on the other side of a comparison: `'a' = `.
fn compared_before(before: &str) -> Option<String> {
    let before = before.trim_end();
    let operand = before.trim_end_matches(['=', '<', '>', '!']);
    let quoted = operand.trim_end().strip_suffix('\'').filter(|_| operand.len() < before.len())?;
    Some(quoted[quoted.rfind('\'').map_or(0, |at| at + 1)..].to_owned())
}

/// The literals of an array that is cast: `ARRAY['a', 'b']::`.
fn constructed(before: &str) -> Vec<String> {
    let inner = before.trim_end().strip_suffix("::").and_then(|value| value.trim_end().strip_suffix(']'));
    inner.and_then(|inner| inner.rsplit_once('[')).map_or_else(Vec::new, |(_, inner)| literals(inner))
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
