//! Queries: every `SELECT` with what stands in its `FROM`, what it puts out and which columns it names, resolved as far as
//! the text alone allows.

use super::cursor::{Cursor, Read, fold_ident};
use super::names::{Names, idents};
use super::output;
use crate::change::{Access, Ident, Output, OutputValue, QName, Query, RefKind, Select, Source, SourceKind};
use sqlparser::ast::{
    Distinct, Expr, Fetch, FunctionArg, GroupByExpr, Ident as SqlIdent, JoinConstraint, JoinOperator, LimitClause,
    NamedWindowExpr, ObjectName, OrderBy, OrderByKind, Query as SqlQuery, Select as SqlSelect, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins, With,
};
use sqlparser::tokenizer::Token;

impl Cursor<'_> {
    /// The query whose text runs from the token at `mark` to here, with the names found in it.
    pub fn finish_query(&self, mark: usize, mut names: Names<'_>) -> Query {
        let mut selects = std::mem::take(&mut names.selects);
        let base = self.range_from(mark).0 as u32;
        for output in selects.iter_mut().flat_map(|select| &mut select.outputs) {
            if let Output::Star { range } | Output::QualifiedStar { range, .. } = output {
                *range = (range.0.saturating_sub(base), range.1.saturating_sub(base));
            }
        }
        Query { text: self.text_with(mark, names), selects: selects.into() }
    }

    /// `a, b JOIN c ON ...`: the sources of the current select.
    pub fn sources_into(&mut self, names: &mut Names<'_>) -> Read<()> {
        loop {
            let item = self.parse(|parser| parser.parse_table_and_joins())?;
            names.from(&item);
            if !self.eat_sign(&Token::Comma) {
                return Ok(());
            }
        }
    }

    /// A condition or value in the current select.
    pub fn expr_into(&mut self, names: &mut Names<'_>) -> Read<()> {
        let ast = self.parse(|parser| parser.parse_expr())?;
        names.expr(&ast);
        Ok(())
    }

    /// The items after `RETURNING`: the outputs of the current select.
    pub fn outputs_into(&mut self, names: &mut Names<'_>) -> Read<()> {
        loop {
            let item = self.parse(|parser| parser.parse_select_item())?;
            names.output(&item);
            if !self.eat_sign(&Token::Comma) {
                return Ok(());
            }
        }
    }
}

impl Names<'_> {
    /// A select to be filled, below the one whose sources it may use.
    pub fn reserve(&mut self, parent: Option<u32>) -> u32 {
        self.selects.push(Select { parent, ..Select::default() });
        self.selects.len() as u32 - 1
    }

    /// A query inside an expression: it sees the sources around it.
    pub fn nested_query(&mut self, query: &SqlQuery) {
        let current = self.current;
        self.query(query, current);
        self.current = current;
    }

    /// A query; the number of its outermost select.
    pub fn query(&mut self, query: &SqlQuery, parent: Option<u32>) -> u32 {
        let at = self.reserve(parent);
        self.query_at(at, query);
        at
    }

    /// A query as a select that was reserved for it.
    pub fn query_at(&mut self, at: u32, query: &SqlQuery) {
        let saved = self.current.replace(at);
        let frames = self.common.len();
        if let Some(with) = &query.with {
            self.with(at, with);
        }
        self.body(at, &query.body);
        self.current = Some(at);
        if let Some(order) = &query.order_by {
            self.ordering(&query.body, order);
        }
        self.limits(at, query.limit_clause.as_ref(), query.fetch.as_ref());
        for lock in &query.locks {
            let of = lock.of.as_ref().and_then(|of| idents(of).last()).map(fold_ident);
            self.lock_rows(at, of);
        }
        self.common.truncate(frames);
        self.current = saved;
    }

    /// `FOR UPDATE [OF name]`: it reaches into subqueries, not into common table expressions.
    fn lock_rows(&mut self, at: u32, of: Option<Ident>) {
        let mut open = vec![(at, of)];
        while let Some((at, of)) = open.pop() {
            let Select { sources, arms, .. } = &mut self.selects[at as usize];
            open.extend(arms.iter().map(|arm| (*arm, None)));
            for source in sources {
                let name = match (&source.alias, &source.from) {
                    (Some(alias), _) => Some(alias),
                    (None, SourceKind::Relation(name)) => Some(&name.name),
                    (None, SourceKind::Select(_) | SourceKind::Function(_) | SourceKind::Unknown) => None,
                };
                if of.is_some() && name != of.as_ref() {
                    continue;
                }
                match source.from {
                    SourceKind::Select(inner) if self.common.iter().flatten().any(|(_, known)| *known == inner) => {}
                    SourceKind::Select(inner) => open.push((inner, None)),
                    SourceKind::Relation(_) | SourceKind::Function(_) | SourceKind::Unknown => source.access = Access::Lock,
                }
            }
        }
    }

    fn limits(&mut self, at: u32, limit: Option<&LimitClause>, fetch: Option<&Fetch>) {
        self.selects[at as usize].derived |= limit.is_some() || fetch.is_some();
        match limit {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                self.exprs(limit);
                self.exprs(offset.as_ref().map(|offset| &offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => self.exprs([offset, limit]),
            None => {}
        }
        self.exprs(fetch.and_then(|fetch| fetch.quantity.as_ref()));
    }

    fn with(&mut self, at: u32, with: &With) {
        self.selects[at as usize].derived = true;
        let parent = self.selects[at as usize].parent;
        self.common.push(Vec::new());
        for cte in &with.cte_tables {
            let index = self.reserve(parent);
            if with.recursive {
                self.define(fold_ident(&cte.alias.name), index);
            }
            self.query_at(index, &cte.query);
            rename_outputs(
                &mut self.selects[index as usize],
                &cte.alias.columns.iter().map(|c| fold_ident(&c.name)).collect::<Vec<_>>(),
            );
            if !with.recursive {
                self.define(fold_ident(&cte.alias.name), index);
            }
        }
    }

    /// Makes a common table expression known in the innermost `WITH`.
    pub fn define(&mut self, name: Ident, select: u32) {
        if self.common.is_empty() {
            self.common.push(Vec::new());
        }
        if let Some(frame) = self.common.last_mut() {
            frame.push((name, select));
        }
    }

    fn body(&mut self, at: u32, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(at, select),
            SetExpr::Query(inner) => self.query_at(at, inner),
            SetExpr::SetOperation { .. } => self.set_operation(at, body),
            SetExpr::Values(values) => {
                for row in &values.rows {
                    self.exprs(&row.content);
                }
                let width = values.rows.first().map_or(0, |row| row.content.len());
                let value = |n| Output::Value { name: format!("column{n}").into(), value: OutputValue::Other };
                let select = &mut self.selects[at as usize];
                select.derived = true;
                select.outputs = (1..=width).map(value).collect();
            }
            SetExpr::Table(table) => {
                let name = QName {
                    schema: table.schema_name.as_deref().map(|name| name.to_ascii_lowercase().into()),
                    name: table.table_name.as_deref().unwrap_or_default().to_ascii_lowercase().into(),
                };
                // There is no star in the text to point at, so what it puts out is left open.
                self.push_source(Source::new(None, SourceKind::Relation(name)));
                self.selects[at as usize].derived = true;
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                self.selects[at as usize].derived = true;
            }
        }
    }

    /// The arms of `a UNION b UNION c`, whose tree is as deep as it is long.
    fn set_operation(&mut self, at: u32, body: &SetExpr) {
        let mut arms = Vec::new();
        let mut left = body;
        while let SetExpr::SetOperation { left: next, right, .. } = left {
            arms.push(right.as_ref());
            left = next;
        }
        arms.push(left);
        self.selects[at as usize].derived = true;
        for arm in arms.into_iter().rev() {
            let index = self.reserve(Some(at));
            self.selects[at as usize].arms.push(index);
            let saved = self.current.replace(index);
            self.body(index, arm);
            self.current = saved;
        }
    }

    fn select(&mut self, at: u32, select: &SqlSelect) {
        select.from.iter().for_each(|item| self.from(item));
        select.projection.iter().for_each(|item| self.output(item));
        if let Some(Distinct::On(exprs)) = &select.distinct {
            self.exprs(exprs);
        }
        self.exprs(&select.selection);
        let grouped = match &select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(exprs, _) => {
                exprs.iter().filter(|expr| !names_output(expr, &select.projection, false)).for_each(|expr| self.expr(expr));
                !exprs.is_empty()
            }
        };
        self.exprs(&select.having);
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &window.1 {
                self.window(spec);
            }
        }
        self.selects[at as usize].derived |= grouped || select.distinct.is_some() || select.having.is_some();
    }

    fn ordering(&mut self, body: &SetExpr, order: &OrderBy) {
        let OrderByKind::Expressions(items) = &order.kind else { return };
        let projection = match body {
            SetExpr::Select(select) => select.projection.as_slice(),
            // Of a set operation and of VALUES only the outputs can be named.
            _ => return,
        };
        items.iter().map(|item| &item.expr).filter(|expr| !names_output(expr, projection, true)).for_each(|expr| self.expr(expr));
    }

    /// An item of the output list of the current select.
    pub fn output(&mut self, item: &SelectItem) {
        let output = match item {
            SelectItem::Wildcard(options) => Output::Star { range: self.range(options.wildcard_token.0.span) },
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                self.star(name);
                let (start, end) = self.range(options.wildcard_token.0.span);
                let start = idents(name).next().map_or(start, |first| self.range(first.span).0);
                Output::QualifiedStar { qualifier: idents(name).map(fold_ident).collect(), range: (start, end) }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                self.expr(expr);
                Output::Value { name: output::name(expr), value: OutputValue::Other }
            }
            SelectItem::UnnamedExpr(expr) => {
                self.expr(expr);
                Output::Value { name: output::name(expr), value: output::value(expr) }
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                self.expr(expr);
                Output::Value { name: fold_ident(alias), value: output::value(expr) }
            }
            SelectItem::ExprWithAliases { expr, .. } => {
                self.expr(expr);
                Output::Value { name: output::name(expr), value: OutputValue::Other }
            }
        };
        if let Some(current) = self.current {
            self.selects[current as usize].outputs.push(output);
        }
    }

    /// `t.*`: a relation where it is not an alias.
    pub fn star(&mut self, name: &ObjectName) {
        let named = idents(name).last().is_some_and(|ident| name.0.len() > 1 || self.is_plain_source(&fold_ident(ident)));
        if named {
            self.object(RefKind::Relation, name);
        }
    }

    fn is_plain_source(&self, name: &Ident) -> bool {
        self.sources_in_sight().any(|source| {
            source.alias.is_none() && matches!(&source.from, SourceKind::Relation(q) if q.schema.is_none() && q.name == *name)
        })
    }

    /// Whether a word is an alias in sight, so that alone it means the whole row.
    pub fn is_alias(&self, ident: &SqlIdent) -> bool {
        let mut in_sight = self.sources_in_sight();
        in_sight.any(|source| source.alias.as_ref().is_some_and(|alias| ident.value.eq_ignore_ascii_case(alias)))
    }

    fn sources_in_sight(&self) -> impl Iterator<Item = &Source> {
        let chain = std::iter::successors(self.current, |at| self.selects[*at as usize].parent);
        chain.flat_map(|at| &self.selects[at as usize].sources)
    }

    /// An item of `FROM` with what is joined to it.
    pub fn from(&mut self, item: &TableWithJoins) {
        self.factor(&item.relation);
        for join in &item.joins {
            let joined = self.current.map_or(0, |at| self.selects[at as usize].sources.len());
            self.factor(&join.relation);
            match join_constraint(&join.join_operator) {
                Some(JoinConstraint::On(expr)) => self.expr(expr),
                Some(JoinConstraint::Using(columns)) => {
                    columns.iter().for_each(|name| self.column(&idents(name).cloned().collect::<Vec<_>>()));
                    let merged = columns.iter().filter_map(|name| idents(name).last()).map(fold_ident).collect();
                    self.at_source(joined, |source| source.using = merged);
                }
                Some(JoinConstraint::Natural) => {
                    self.at_source(joined, |source| source.natural = true);
                    if let Some(current) = self.current {
                        self.selects[current as usize].natural_join = true;
                    }
                }
                Some(JoinConstraint::None) | None => {}
            }
        }
    }

    fn at_source(&mut self, index: usize, change: impl FnOnce(&mut Source)) {
        let source = self.current.and_then(|at| self.selects[at as usize].sources.get_mut(index));
        if let Some(source) = source {
            change(source);
        }
    }

    /// One item of `FROM`.
    pub fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => self.table(name, alias.as_ref()),
            TableFactor::Table { name, alias, args: Some(args), .. } => self.called(name, &args.args, alias.as_ref()),
            TableFactor::Function { name, args, alias, .. } => self.called(name, args, alias.as_ref()),
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let current = self.current;
                let around = current.and_then(|at| self.selects[at as usize].parent);
                let select = self.query(subquery, if *lateral { current } else { around });
                self.current = current;
                self.source(alias.as_ref(), SourceKind::Select(select));
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                self.exprs(array_exprs);
                self.source(alias.as_ref(), SourceKind::Function(QName::bare("unnest")));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.from(table_with_joins),
            TableFactor::JsonTable { json_expr, alias, .. } => {
                self.expr(json_expr);
                self.source(alias.as_ref(), SourceKind::Unknown);
            }
            TableFactor::XmlTable { row_expression, passing, alias, .. } => {
                self.expr(row_expression);
                self.exprs(passing.arguments.iter().map(|argument| &argument.expr));
                self.source(alias.as_ref(), SourceKind::Unknown);
            }
            TableFactor::TableFunction { expr, alias } => {
                self.expr(expr);
                self.source(alias.as_ref(), SourceKind::Unknown);
            }
            TableFactor::OpenJsonTable { alias, .. }
            | TableFactor::Pivot { alias, .. }
            | TableFactor::Unpivot { alias, .. }
            | TableFactor::MatchRecognize { alias, .. }
            | TableFactor::SemanticView { alias, .. } => self.source(alias.as_ref(), SourceKind::Unknown),
            TableFactor::UnpivotExpr { expression, .. } => {
                self.expr(expression);
                self.source(None, SourceKind::Unknown);
            }
        }
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let common = match name.0.as_slice() {
            [_] => idents(name).next().and_then(|ident| self.common_table(&fold_ident(ident))),
            _ => None,
        };
        if let Some(select) = common {
            let named = idents(name).next().map(fold_ident);
            let alias_name = alias.map(|alias| fold_ident(&alias.name)).or(named);
            return self.add_source(alias_name, alias, SourceKind::Select(select));
        }
        self.object(RefKind::Relation, name);
        let only = idents(name).next().is_some_and(|first| self.is_after_only(first));
        let alias_name = alias.map(|alias| fold_ident(&alias.name));
        self.push_source(Source { only, ..source(alias_name, alias, SourceKind::Relation(qname(name))) });
    }

    fn called(&mut self, name: &ObjectName, args: &[FunctionArg], alias: Option<&TableAlias>) {
        self.object(RefKind::Function { arguments: args.len() as u16 }, name);
        self.function_args(args);
        self.source(alias, SourceKind::Function(qname(name)));
    }

    fn common_table(&self, name: &Ident) -> Option<u32> {
        self.common.iter().rev().flatten().find(|(known, _)| known == name).map(|(_, select)| *select)
    }

    fn source(&mut self, alias: Option<&TableAlias>, from: SourceKind) {
        self.add_source(alias.map(|alias| fold_ident(&alias.name)), alias, from);
    }

    fn add_source(&mut self, name: Option<Ident>, alias: Option<&TableAlias>, from: SourceKind) {
        self.push_source(source(name, alias, from));
    }

    /// One more source of the current select.
    pub fn push_source(&mut self, source: Source) {
        if let Some(current) = self.current {
            let sources = &mut self.selects[current as usize].sources;
            // Most selects have one.
            if sources.is_empty() {
                sources.reserve_exact(1);
            }
            sources.push(source);
        }
    }
}

fn source(name: Option<Ident>, alias: Option<&TableAlias>, from: SourceKind) -> Source {
    let columns = alias.map(|alias| alias.columns.iter().map(|column| fold_ident(&column.name)).collect()).unwrap_or_default();
    Source { columns, ..Source::new(name, from) }
}

/// The name of `WITH name (a, b) AS`: its query's outputs carry these names.
pub(super) fn rename_outputs(select: &mut Select, columns: &[Ident]) {
    for (output, column) in select.outputs.iter_mut().zip(columns) {
        if let Output::Value { name, .. } = output {
            *name = column.clone();
        }
    }
}

/// Whether an item of `GROUP BY` or `ORDER BY` is the name of an output, not of a column. In `ORDER BY` outputs go first; in
/// `GROUP BY` columns do, so that an alias that its own expression also names is taken for the column.
fn names_output(expr: &Expr, projection: &[SelectItem], outputs_first: bool) -> bool {
    let Expr::Identifier(ident) = expr else { return false };
    let name = fold_ident(ident);
    projection.iter().any(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if fold_ident(alias) == name => {
            outputs_first || !super::output::mentions(expr, &name)
        }
        _ => false,
    })
}

fn join_constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint)
        | JoinOperator::AsOf { constraint, .. }
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        _ => None,
    }
}

/// A name that may be qualified; a database before the schema is dropped.
pub(super) fn qname(name: &ObjectName) -> QName {
    let mut parts: Vec<_> = idents(name).map(fold_ident).collect();
    let last = parts.pop().unwrap_or_default();
    QName { schema: parts.pop(), name: last }
}
