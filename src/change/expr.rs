//! Pieces of SQL that the schema carries without understanding them fully: expressions and queries. Each keeps its text,
//! and beside it every name in that text with its place, so that dependencies can be found and a rename can be carried
//! into the text as the database itself does.

use super::{Ident, QName, TypeName};
use std::sync::Arc;

/// An expression: a default, a check, an index key, a `USING`, a policy, a view's whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// The text as written, without the comments around it.
    pub sql: Arc<str>,
    /// The names in it, in the order of the text; ranges do not overlap.
    pub refs: Arc<[Ref]>,
    /// What it is where that is known without evaluating it.
    pub shape: ExprShape,
}

/// What an expression is, as far as judging needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ExprShape {
    /// `NULL`, also with a cast.
    Null,
    /// A literal, also signed or cast: the literal's text without quotes.
    Literal(Arc<str>),
    /// A bare column.
    Column(Ident),
    /// `column IS NOT NULL`, also in parentheses, or as one arm of a conjunction: all columns so tested.
    NotNull(Vec<Ident>),
    /// Anything else.
    #[default]
    Other,
}

/// A name in the text of an [`Expr`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref {
    /// What it names.
    pub kind: RefKind,
    /// The parts, outermost first: `schema`, `table`, `column`.
    pub parts: Vec<Ident>,
    /// The byte range of each part in the text, quotes included.
    pub ranges: Vec<(u32, u32)>,
}

impl Ref {
    /// The last part: the column's, relation's, function's or type's own name.
    pub fn name(&self) -> &Ident {
        self.parts.last().expect("a reference has at least one part")
    }

    /// The name as a possibly qualified one (at most `schema.name`; a catalog before it is dropped).
    pub fn qname(&self) -> QName {
        let schema = self.parts.len().checked_sub(2).map(|at| self.parts[at].clone());
        QName { schema, name: self.name().clone() }
    }
}

/// What a [`Ref`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefKind {
    /// A column, perhaps behind a table or an alias.
    Column,
    /// A table, view or sequence in the place of a relation, or in a literal that the database resolves (`nextval('s')`,
    /// `'t'::regclass`).
    Relation,
    /// A function that is called with this many arguments.
    Function {
        /// The number of arguments.
        arguments: u16,
    },
    /// A type in a cast or typed literal.
    Type,
    /// A collation.
    Collation,
}

/// A query that the schema keeps (a view's), or that an application or a migration sends, resolved as far as the text
/// alone allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text and its names.
    pub text: Expr,
    /// Every `SELECT` in it; the first is the outermost. The arms of a `UNION` are children of it.
    pub selects: Arc<[Select]>,
}

/// One `SELECT` (or `VALUES`) of a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// The select around it whose sources its columns may also name.
    pub parent: Option<u32>,
    /// What stands in `FROM`, joins flattened.
    pub sources: Vec<Source>,
    /// The output list.
    pub outputs: Vec<Output>,
    /// Every column named in it outside nested selects.
    pub columns: Vec<ColumnRef>,
    /// The arms where it is a set operation: its outputs are those of the first.
    pub arms: Vec<u32>,
    /// Whether it has `DISTINCT`, grouping, aggregates, windows, `LIMIT`, set-returning outputs, or a set operation: a view over
    /// it cannot be written through.
    pub derived: bool,
    /// Whether a `NATURAL` join is in it: new common column names change its meaning.
    pub natural_join: bool,
}

/// One item of `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `AS alias`.
    pub alias: Option<Ident>,
    /// `AS alias (a, b)`.
    pub columns: Vec<Ident>,
    /// What it reads.
    pub from: SourceKind,
    /// `USING (a, b)` of the join that adds it to what stands before it.
    pub using: Vec<Ident>,
    /// Whether a `NATURAL` join adds it.
    pub natural: bool,
    /// `ONLY`: a table without its children and partitions.
    pub only: bool,
    /// What happens to its rows.
    pub access: Access,
}

/// What a statement does with the rows of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Access {
    /// It reads them.
    #[default]
    Read,
    /// It locks them: `FOR UPDATE` and its kin.
    Lock,
    /// It writes them.
    Write,
}

impl Source {
    /// Something under a name, joined to nothing.
    pub fn new(alias: Option<Ident>, from: SourceKind) -> Self {
        Source { alias, columns: Vec::new(), from, using: Vec::new(), natural: false, only: false, access: Access::Read }
    }
}

/// What an item of `FROM` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A table, view, or anything of that kind.
    Relation(QName),
    /// A subquery or a common table expression: the index of its select.
    Select(u32),
    /// A function's result.
    Function(QName),
    /// Something whose columns the text does not tell.
    Unknown,
}

/// One item of an output list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// `*`
    Star {
        /// The byte range of it in the query's text.
        range: (u32, u32),
    },
    /// `t.*`, also `schema.t.*`.
    QualifiedStar {
        /// What stands before the star.
        qualifier: Vec<Ident>,
        /// The byte range of the whole in the query's text.
        range: (u32, u32),
    },
    /// A value under a name: its alias, or the name that the database gives it.
    Value {
        /// The output column's name.
        name: Ident,
        /// What is known of the value.
        value: OutputValue,
    },
}

/// What is known of an output's value and so of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputValue {
    /// A column as it is.
    Column(ColumnRef),
    /// A value cast to a type, or a literal of one.
    Typed(TypeName),
    /// A call of a function, with the number of arguments.
    Call(QName, u16),
    /// Anything else.
    Other,
}

/// A column named in a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// What stands before it: nothing, an alias or table, a schema and a table.
    pub qualifier: Vec<Ident>,
    /// The column.
    pub name: Ident,
}

impl Expr {
    /// An expression whose names are not needed.
    pub fn plain(sql: impl Into<Arc<str>>) -> Self {
        Expr { sql: sql.into(), refs: Arc::from([]), shape: ExprShape::Other }
    }

    /// The same text with some names replaced: `rename` is asked for each part of each reference and answers with the
    /// text to put there, already quoted where it must be.
    pub fn rename(&self, mut rename: impl FnMut(&Ref, usize) -> Option<(Ident, String)>) -> Expr {
        let mut sql = String::with_capacity(self.sql.len() + 16);
        let mut refs = Vec::with_capacity(self.refs.len());
        let mut done = 0usize;
        for reference in self.refs.iter() {
            let mut next = reference.clone();
            for part in 0..reference.parts.len() {
                let (start, end) = reference.ranges[part];
                sql.push_str(&self.sql[done..start as usize]);
                let at = sql.len() as u32;
                match rename(reference, part) {
                    Some((ident, text)) => {
                        sql.push_str(&text);
                        next.parts[part] = ident;
                    }
                    None => sql.push_str(&self.sql[start as usize..end as usize]),
                }
                next.ranges[part] = (at, sql.len() as u32);
                done = end as usize;
            }
            refs.push(next);
        }
        sql.push_str(&self.sql[done..]);
        Expr { sql: sql.into(), refs: refs.into(), shape: self.shape.clone() }
    }

    /// The same text with a schema before some of the names that have none: `schema` is asked for each such reference and
    /// answers with the schema and its text, already quoted where it must be.
    pub fn qualify(&self, mut schema: impl FnMut(&Ref) -> Option<(Ident, String)>) -> Expr {
        let mut sql = String::with_capacity(self.sql.len() + 16);
        let mut refs = Vec::with_capacity(self.refs.len());
        let mut done = 0usize;
        for reference in self.refs.iter() {
            let start = reference.ranges[0].0 as usize;
            sql.push_str(&self.sql[done..start]);
            done = start;
            let found = if reference.parts.len() == 1 { schema(reference) } else { None };
            let mut next = Ref { kind: reference.kind, parts: Vec::new(), ranges: Vec::new() };
            if let Some((ident, text)) = found {
                next.parts.push(ident);
                next.ranges.push((sql.len() as u32, (sql.len() + text.len()) as u32));
                sql.push_str(&text);
                sql.push('.');
            }
            let moved = |at: u32| (at as usize - start + sql.len()) as u32;
            next.ranges.extend(reference.ranges.iter().map(|(from, to)| (moved(*from), moved(*to))));
            next.parts.extend(reference.parts.iter().cloned());
            refs.push(next);
        }
        sql.push_str(&self.sql[done..]);
        Expr { sql: sql.into(), refs: refs.into(), shape: self.shape.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_put_before_names() {
        let call = |name: &str, start, end| Ref {
            kind: RefKind::Function { arguments: 0 },
            parts: vec![name.into()],
            ranges: vec![(start, end)],
        };
        let expr = Expr { sql: "f() + g()".into(), refs: [call("f", 0, 1), call("g", 6, 7)].into(), shape: ExprShape::Other };
        let qualified = expr.qualify(|_| Some(("app".into(), "app".into())));
        assert_eq!(&*qualified.sql, "app.f() + app.g()");
        assert_eq!(qualified.refs[1].ranges, [(10, 13), (14, 15)]);
        assert_eq!(qualified.qualify(|_| Some(("x".into(), "x".into()))), qualified);
    }

    #[test]
    fn a_rename_moves_the_later_names() {
        let column = |name: &str, start, end| Ref { kind: RefKind::Column, parts: vec![name.into()], ranges: vec![(start, end)] };
        let expr = Expr {
            sql: "a > 0 AND b > a".into(),
            refs: [column("a", 0, 1), column("b", 10, 11), column("a", 14, 15)].into(),
            shape: ExprShape::Other,
        };
        let renamed = expr.rename(|r, _| (r.name() == "a").then(|| ("amount".into(), "amount".into())));
        assert_eq!(&*renamed.sql, "amount > 0 AND b > amount");
        for reference in renamed.refs.iter() {
            let (start, end) = reference.ranges[0];
            assert_eq!(&renamed.sql[start as usize..end as usize], reference.name().as_str());
        }
    }
}
