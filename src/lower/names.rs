//! The names in an expression or query that `sqlparser` read: what each one names and where it stands. Queries inside are
//! resolved as far as the text alone allows; how, stands in [`super::query`].

use super::cursor::{Cursor, Locations, fold_ident};
use super::lexical::after_only;
use super::words::{NO_FUNCTIONS, is_built_in, is_keyword_value};
use crate::change::{ColumnRef, Ident, Ref, RefKind, Select};
use sqlparser::ast::{
    AccessExpr, CastFormat, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    Ident as SqlIdent, ObjectName, ObjectNamePart, OrderByExpr, Subscript, Value, ValueWithSpan, WindowFrameBound, WindowSpec,
    WindowType,
};
use sqlparser::ast::{ArrayElemTypeDef, JsonPathElem};
use std::rc::Rc;
use std::sync::Arc;

/// Finds names.
pub(super) struct Names<'t> {
    text: &'t str,
    locations: Rc<Locations>,
    refs: Vec<Ref>,
    /// The selects found so far.
    pub(super) selects: Vec<Select>,
    /// The select whose columns are being read.
    pub(super) current: Option<u32>,
    /// The common table expressions in sight, innermost last.
    pub(super) common: Vec<Vec<(Ident, u32)>>,
}

impl<'t> Names<'t> {
    /// For what stands in the cursor's statement.
    pub fn new(cursor: &Cursor<'t>) -> Self {
        Names {
            text: cursor.whole_text(),
            locations: cursor.locations(),
            refs: Vec::new(),
            selects: Vec::new(),
            current: None,
            common: Vec::new(),
        }
    }

    /// What was found in this range of the statement's text, with ranges counted from its start.
    pub fn refs_within(mut self, start: usize, end: usize) -> Arc<[Ref]> {
        self.refs.retain(|r| r.ranges.iter().all(|range| range.0 as usize >= start && range.1 as usize <= end));
        self.refs.sort_by_key(|r| r.ranges.first().map(|range| range.0));
        let mut done = 0;
        self.refs.retain_mut(|r| {
            let in_order = r.ranges.iter().all(|range| {
                let follows = range.0 >= done;
                done = done.max(range.1);
                follows
            });
            r.ranges.iter_mut().for_each(|range| *range = (range.0 - start as u32, range.1 - start as u32));
            in_order
        });
        self.refs.into()
    }

    /// Keeps a name whose place is known.
    pub fn keep(&mut self, kind: RefKind, parts: Vec<Ident>, ranges: Vec<(u32, u32)>) {
        self.refs.push(Ref { kind, parts, ranges });
    }

    /// The byte range in the statement's text of a span of `sqlparser`'s.
    pub fn range(&self, span: sqlparser::tokenizer::Span) -> (u32, u32) {
        (self.locations.offset(self.text, span.start) as u32, self.locations.offset(self.text, span.end) as u32)
    }

    fn keep_idents<'i>(&mut self, kind: RefKind, idents: impl Iterator<Item = &'i SqlIdent> + Clone) {
        let located = |ident: &SqlIdent| ident.span.start.line > 0;
        if idents.clone().next().is_some() && idents.clone().all(located) {
            let ranges = idents.clone().map(|ident| self.range(ident.span)).collect();
            self.keep(kind, idents.map(fold_ident).collect(), ranges);
        }
    }

    /// Whether `ONLY` stands before a name.
    pub fn is_after_only(&self, name: &SqlIdent) -> bool {
        name.span.start.line > 0 && after_only(self.text, self.range(name.span).0 as usize)
    }

    /// A possibly qualified name of `sqlparser`'s.
    pub fn object(&mut self, kind: RefKind, name: &ObjectName) {
        self.keep_idents(kind, idents(name));
    }

    /// A column, perhaps qualified.
    pub fn column(&mut self, parts: &[SqlIdent]) {
        let Some((name, qualifier)) = parts.split_last() else { return };
        self.keep_idents(RefKind::Column, parts.iter());
        if let Some(current) = self.current {
            let column = ColumnRef { qualifier: qualifier.iter().map(fold_ident).collect(), name: fold_ident(name) };
            self.selects[current as usize].columns.push(column);
        }
    }

    fn bare(&mut self, ident: &SqlIdent) {
        let whole_row = ident.quote_style.is_none() && self.is_alias(ident);
        if !is_keyword_value(ident) && !whole_row {
            self.column(std::slice::from_ref(ident));
        }
    }

    /// Every expression of a list.
    pub fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Identifier(ident) => self.bare(ident),
            Expr::CompoundIdentifier(parts) => self.column(parts),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::JsonAccess { value, path } => {
                self.expr(value);
                for element in &path.path {
                    if let JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } = element {
                        self.expr(key);
                    }
                }
            }
            Expr::BinaryOp { .. } => self.binary(expr),
            Expr::Value(_) | Expr::TypedString(_) | Expr::Wildcard(_) => self.typed_literal(expr),
            Expr::Cast { expr, data_type, format, .. } => self.cast(expr, data_type, format.as_ref()),
            Expr::Collate { expr, collation } => {
                self.expr(expr);
                self.object(RefKind::Collation, collation);
            }
            Expr::Function(function) => self.function(function),
            Expr::Case { operand, conditions, else_result, .. } => {
                self.exprs(operand.as_deref());
                conditions.iter().for_each(|when| self.exprs([&when.condition, &when.result]));
                self.exprs(else_result.as_deref());
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr);
                self.nested_query(subquery);
            }
            Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => self.nested_query(subquery),
            Expr::QualifiedWildcard(name, _) => self.star(name),
            _ => self.children(expr),
        }
    }

    /// `a AND b AND c` is as deep a tree as it is long: its left side is walked without recursion.
    fn binary(&mut self, expr: &Expr) {
        let mut rights = Vec::new();
        let mut left = expr;
        while let Expr::BinaryOp { left: next, right, .. } = left {
            rights.push(right.as_ref());
            left = next;
        }
        self.expr(left);
        self.exprs(rights.into_iter().rev());
    }

    /// Expressions that are only the sum of those in them.
    fn children(&mut self, expr: &Expr) {
        match expr {
            Expr::IsFalse(a)
            | Expr::IsNotFalse(a)
            | Expr::IsTrue(a)
            | Expr::IsNotTrue(a)
            | Expr::IsNull(a)
            | Expr::IsNotNull(a)
            | Expr::IsUnknown(a)
            | Expr::IsNotUnknown(a)
            | Expr::Nested(a)
            | Expr::OuterJoin(a)
            | Expr::Prior(a)
            | Expr::UnaryOp { expr: a, .. }
            | Expr::IsJson { expr: a, .. }
            | Expr::IsNormalized { expr: a, .. }
            | Expr::Extract { expr: a, .. }
            | Expr::Ceil { expr: a, .. }
            | Expr::Floor { expr: a, .. }
            | Expr::Prefixed { value: a, .. }
            | Expr::Named { expr: a, .. }
            | Expr::Convert { expr: a, .. } => self.expr(a),
            Expr::IsDistinctFrom(a, b)
            | Expr::IsNotDistinctFrom(a, b)
            | Expr::AnyOp { left: a, right: b, .. }
            | Expr::AllOp { left: a, right: b, .. }
            | Expr::AtTimeZone { timestamp: a, time_zone: b }
            | Expr::Position { expr: a, r#in: b }
            | Expr::InUnnest { expr: a, array_expr: b, .. }
            | Expr::RLike { expr: a, pattern: b, .. } => self.exprs([a.as_ref(), b.as_ref()]),
            Expr::Like { expr: a, pattern: b, escape_char: c, .. }
            | Expr::ILike { expr: a, pattern: b, escape_char: c, .. }
            | Expr::SimilarTo { expr: a, pattern: b, escape_char: c, .. } => {
                self.exprs([a.as_ref(), b.as_ref()].into_iter().chain(c.as_deref()));
            }
            Expr::InList { expr, list, .. } => self.exprs(std::iter::once(expr.as_ref()).chain(list)),
            Expr::Between { expr, low, high, .. } => self.exprs([expr.as_ref(), low.as_ref(), high.as_ref()]),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.exprs(std::iter::once(expr.as_ref()).chain(substring_from.as_deref()).chain(substring_for.as_deref()));
            }
            Expr::Trim { trim_what, expr, trim_characters, .. } => {
                self.exprs(trim_what.as_deref().into_iter().chain([expr.as_ref()]));
                self.exprs(trim_characters.iter().flatten());
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.exprs(
                    [expr.as_ref(), overlay_what.as_ref(), overlay_from.as_ref()].into_iter().chain(overlay_for.as_deref()),
                );
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => self.exprs(sets.iter().flatten()),
            Expr::Tuple(list) | Expr::Struct { values: list, .. } => self.exprs(list),
            Expr::Array(array) => self.exprs(&array.elem),
            Expr::Interval(interval) => self.expr(&interval.value),
            Expr::Dictionary(fields) => self.exprs(fields.iter().map(|field| field.value.as_ref())),
            Expr::Map(map) => self.exprs(map.entries.iter().flat_map(|entry| [entry.key.as_ref(), entry.value.as_ref()])),
            Expr::MemberOf(member) => self.exprs([member.value.as_ref(), member.array.as_ref()]),
            Expr::Lambda(lambda) => self.expr(&lambda.body),
            _ => {}
        }
    }

    /// `(row).field`, `array[1]`, `table.column[1].field`.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) {
        let mut parts: Vec<SqlIdent> = match root {
            Expr::Identifier(ident) => vec![ident.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => {
                self.expr(root);
                Vec::new()
            }
        };
        let rooted = !parts.is_empty();
        let mut dotted = rooted;
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(field)) if dotted => parts.push(field.clone()),
                AccessExpr::Dot(_) => dotted = false,
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    dotted = false;
                    self.expr(index);
                }
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    dotted = false;
                    self.exprs(lower_bound.iter().chain(upper_bound).chain(stride));
                }
            }
        }
        match parts.as_slice() {
            [] => {}
            [ident] => self.bare(ident),
            parts => self.column(parts),
        }
    }

    fn cast(&mut self, expr: &Expr, data_type: &DataType, format: Option<&CastFormat>) {
        if !(is_object_type(data_type) && self.literal_relation(expr)) {
            self.expr(expr);
        }
        if format.is_none() {
            self.data_type(data_type);
        }
    }

    fn typed_literal(&mut self, expr: &Expr) {
        if let Expr::TypedString(typed) = expr {
            if is_object_type(&typed.data_type) {
                self.relation_in(&typed.value);
            }
            self.data_type(&typed.data_type);
        }
    }

    /// A type that is not built in, as far as `sqlparser` can tell.
    pub fn data_type(&mut self, data_type: &DataType) {
        match data_type {
            DataType::Custom(name, _) => {
                let ours = !idents(name).next().is_some_and(|first| first.value.eq_ignore_ascii_case("pg_catalog"));
                if ours && !is_object_type(data_type) && !is_built_in(name) {
                    self.object(RefKind::Type, name);
                }
            }
            DataType::Array(
                ArrayElemTypeDef::SquareBracket(inner, _)
                | ArrayElemTypeDef::AngleBracket(inner)
                | ArrayElemTypeDef::Parenthesis(inner),
            ) => self.data_type(inner),
            _ => {}
        }
    }

    /// A relation named by a literal that the database resolves; says whether it is one.
    fn literal_relation(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Value(value) => self.relation_in(value),
            Expr::Cast { expr, .. } | Expr::Nested(expr) => self.literal_relation(expr),
            _ => false,
        }
    }

    fn relation_in(&mut self, value: &ValueWithSpan) -> bool {
        let Value::SingleQuotedString(name) = &value.value else { return false };
        let (start, end) = self.range(value.span);
        let written = &self.text[start as usize..end as usize];
        if written.len() == name.len() + 2
            && let Some((parts, ranges)) = dotted_name(name, start + 1)
        {
            self.keep(RefKind::Relation, parts, ranges);
        }
        true
    }

    /// A call.
    pub fn function(&mut self, function: &Function) {
        let name = idents(&function.name).last();
        let single = function.name.0.len() == 1;
        let is = |names: &[&str]| {
            single && name.is_some_and(|n| n.quote_style.is_none() && names.iter().any(|word| n.value.eq_ignore_ascii_case(word)))
        };
        if !is(&NO_FUNCTIONS) && !matches!(function.args, FunctionArguments::None) {
            self.object(RefKind::Function { arguments: argument_count(&function.args) }, &function.name);
        }
        let on_sequence =
            name.is_some_and(|n| ["nextval", "currval", "setval"].iter().any(|word| n.value.eq_ignore_ascii_case(word)));
        self.arguments(&function.args, on_sequence);
        self.order_by(&function.within_group);
        self.exprs(function.filter.as_deref());
        let makes_rows = function.over.is_some() || name.is_some_and(|n| super::output::makes_rows(&n.value));
        if makes_rows && let Some(current) = self.current {
            self.selects[current as usize].derived = true;
        }
        match &function.over {
            Some(WindowType::WindowSpec(spec)) => self.window(spec),
            Some(WindowType::NamedWindow(_)) | None => {}
        }
    }

    fn arguments(&mut self, arguments: &FunctionArguments, on_sequence: bool) {
        let list = match arguments {
            FunctionArguments::None => return,
            FunctionArguments::Subquery(query) => return self.nested_query(query),
            FunctionArguments::List(list) => list,
        };
        for (at, argument) in list.args.iter().enumerate() {
            match argument_expr(argument) {
                FunctionArgExpr::Expr(expr) => {
                    if !(at == 0 && on_sequence && self.literal_relation(expr)) {
                        self.expr(expr);
                    }
                }
                FunctionArgExpr::QualifiedWildcard(name) => self.star(name),
                FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {}
            }
        }
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(order) => self.order_by(order),
                FunctionArgumentClause::Where(expr) | FunctionArgumentClause::Limit(expr) => self.expr(expr),
                FunctionArgumentClause::JsonReturningClause(returning) => self.data_type(&returning.data_type),
                _ => {}
            }
        }
    }

    /// Arguments of a function in `FROM`.
    pub fn function_args(&mut self, args: &[FunctionArg]) {
        for argument in args {
            if let FunctionArgExpr::Expr(expr) = argument_expr(argument) {
                self.expr(expr);
            }
        }
    }

    /// The expressions of an `ORDER BY`.
    pub fn order_by(&mut self, order: &[OrderByExpr]) {
        self.exprs(order.iter().map(|item| &item.expr));
    }

    /// A window.
    pub fn window(&mut self, spec: &WindowSpec) {
        self.exprs(&spec.partition_by);
        self.order_by(&spec.order_by);
        if let Some(frame) = &spec.window_frame {
            for bound in std::iter::once(&frame.start_bound).chain(&frame.end_bound) {
                if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound {
                    self.expr(expr);
                }
            }
        }
    }
}

pub(super) fn argument_expr(argument: &FunctionArg) -> &FunctionArgExpr {
    match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => arg,
    }
}

/// How many arguments a call has; a star is none.
pub(super) fn argument_count(arguments: &FunctionArguments) -> u16 {
    match arguments {
        FunctionArguments::None => 0,
        FunctionArguments::Subquery(_) => 1,
        FunctionArguments::List(list) => {
            list.args.iter().filter(|argument| !matches!(argument_expr(argument), FunctionArgExpr::Wildcard)).count() as u16
        }
    }
}

/// The identifiers of a name.
pub(super) fn idents(name: &ObjectName) -> impl Iterator<Item = &SqlIdent> + Clone {
    name.0.iter().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    })
}

/// Whether a literal of the type names a relation.
fn is_object_type(data_type: &DataType) -> bool {
    match data_type {
        DataType::Regclass => true,
        DataType::Custom(name, _) => idents(name).last().is_some_and(|last| last.value.eq_ignore_ascii_case("regclass")),
        _ => false,
    }
}

/// The parts of a name and their places.
type Located = (Vec<Ident>, Vec<(u32, u32)>);

/// The parts of a name in a literal that the database resolves, and their places; the literal's text begins at `base`.
fn dotted_name(text: &str, base: u32) -> Option<Located> {
    let (mut parts, mut ranges) = (Vec::new(), Vec::new());
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let length = if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"')?;
            parts.push(quoted[..end].into());
            end + 2
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let part = &rest[..end];
            if part.is_empty() || !part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                return None;
            }
            parts.push(part.to_ascii_lowercase().into());
            end
        };
        ranges.push((base + at as u32, base + (at + length) as u32));
        at += length;
        match text[at..].chars().next() {
            None => break,
            Some('.') => at += 1,
            Some(_) => return None,
        }
    }
    // A database before the schema is dropped.
    let extra = parts.len().saturating_sub(2);
    Some((parts.split_off(extra), ranges.split_off(extra)))
}
