//! A query on a schema state: which columns it gives, what its stars stand for, and what it refers to. What the state does
//! not tell (objects of the server's own, of extensions) stays unknown; only what is certainly not there is a problem.

use super::stars::expand_stars;
use super::{Catalog, Dependency, Name, Problem, ViewColumn};
use crate::change::{ColumnRef, Ident, ObjectKind, Output, OutputValue, QName, Query, Select, Source, SourceKind, TypeName};
use crate::dialect::Dialect;
use imbl::OrdSet;
use std::sync::Arc;

/// A query as a schema state reads it.
#[derive(Debug, Clone)]
pub struct ResolvedQuery {
    /// Its output columns; `None` where a star stands for columns that are not known.
    pub columns: Option<Vec<ViewColumn>>,
    /// The query with the columns that its stars stand for, as the server stores it: later columns are not in it.
    pub query: Query,
    /// The relations and columns that it refers to.
    pub dependencies: OrdSet<Dependency>,
}

/// What a statement in a routine's body may name beside what stands in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The relation whose rows `NEW` and `OLD` are.
    pub rows: Option<&'a Name>,
    /// Variables and parameters that may be meant as well as columns.
    pub variables: &'a [Ident],
    /// Whether it is an `INSERT`.
    pub inserts: bool,
}

/// A statement in a routine's body as a schema state reads it.
#[derive(Debug, Clone)]
pub struct ResolvedStatement {
    /// The columns that each of its selects gives; `None` where a star stands for columns that are not known.
    pub columns: Vec<Option<Vec<ViewColumn>>>,
    /// A column that may be more than one.
    pub ambiguous: Option<Ident>,
}

impl Catalog {
    /// Reads a statement of a body on this state.
    pub fn resolve_statement(&self, query: &Query, around: Around<'_>, dialect: &dyn Dialect) -> ResolvedStatement {
        let mut resolver = Resolver::new(self, query, Some(dialect));
        if let Some(rows) = around.rows {
            let row = |name: &str| Scope {
                name: Some(name.into()),
                schema: None,
                columns: self.relation_columns(rows),
                relation: None,
                merged: Vec::new(),
            };
            resolver.around = vec![row("new"), row("old")];
        }
        resolver.run();
        // What is inserted, and what it conflicts with, names nothing of the table as columns are named elsewhere.
        let first = usize::from(around.inserts);
        let ambiguous = (first..query.selects.len()).find_map(|at| resolver.ambiguous(at, around.variables));
        let columns = resolver.done.iter().map(|done| if let State::Done(columns) = done { columns.clone() } else { None });
        ResolvedStatement { columns: columns.collect(), ambiguous }
    }

    /// Reads a query on this state, or says what in it is certainly not there.
    pub fn resolve_query(&self, query: &Query, dialect: &dyn Dialect) -> Result<ResolvedQuery, Problem> {
        let mut resolver = Resolver::new(self, query, Some(dialect));
        let columns = resolver.run();
        if let Some(problem) = resolver.problem {
            return Err(problem);
        }
        let Resolver { dependencies, stars, .. } = resolver;
        Ok(ResolvedQuery { columns, query: expand_stars(query, stars, dialect), dependencies })
    }

    /// The relations and columns that a query refers to; nothing where it names a column that is not found.
    pub(super) fn query_references(&self, query: &Query) -> Option<OrdSet<Dependency>> {
        let mut resolver = Resolver::new(self, query, None);
        resolver.run();
        resolver.problem.is_none().then_some(resolver.dependencies)
    }

    /// What a query's selects name, after a renaming: `rename` is asked for each column that they read from a relation, with
    /// whether the relation's own name may stand before it, and answers with the new reference.
    pub(super) fn selects_renamed(
        &self,
        query: &Query,
        mut rename: impl FnMut(&Name, bool, &ColumnRef) -> ColumnRef,
    ) -> Vec<Select> {
        let mut resolver = Resolver::new(self, query, None);
        resolver.run();
        let mut new_name = |at: usize, column: &ColumnRef| match resolver.find(at as u32, column) {
            Found::Here(Scope { relation: Some(relation), schema, .. }, _) => rename(relation, schema.is_some(), column),
            Found::Here(..) | Found::Perhaps | Found::Nowhere => column.clone(),
        };
        let selects = query.selects.iter().enumerate().map(|(at, select)| {
            let outputs = select.outputs.iter().map(|output| match output {
                Output::Value { name, value: OutputValue::Column(column) } => {
                    Output::Value { name: name.clone(), value: OutputValue::Column(new_name(at, column)) }
                }
                Output::Value { .. } | Output::Star { .. } | Output::QualifiedStar { .. } => output.clone(),
            });
            let outputs = outputs.collect();
            let columns = select.columns.iter().map(|column| new_name(at, column)).collect();
            Select { outputs, columns, ..select.clone() }
        });
        selects.collect()
    }
}

struct Resolver<'a> {
    catalog: &'a Catalog,
    /// Without one nothing is known of the server's own.
    dialect: Option<&'a dyn Dialect>,
    query: &'a Query,
    done: Vec<State>,
    scopes: Vec<Arc<[Scope]>>,
    /// What lies around the whole query.
    around: Vec<Scope>,
    dependencies: OrdSet<Dependency>,
    stars: Vec<(u32, u32, Vec<Output>)>,
    problem: Option<Problem>,
}

#[derive(Clone)]
enum State {
    New,
    Running,
    Done(Option<Vec<ViewColumn>>),
}

/// One source of a select with its columns.
struct Scope {
    name: Option<Ident>,
    schema: Option<Ident>,
    columns: Option<Vec<ViewColumn>>,
    relation: Option<Name>,
    merged: Vec<Ident>,
}

/// Where a column was found.
enum Found<'a> {
    Here(&'a Scope, &'a ViewColumn),
    Perhaps,
    Nowhere,
}

impl<'a> Resolver<'a> {
    fn new(catalog: &'a Catalog, query: &'a Query, dialect: Option<&'a dyn Dialect>) -> Self {
        let count = query.selects.len();
        Resolver {
            catalog,
            dialect,
            query,
            done: vec![State::New; count],
            scopes: vec![Arc::from([]); count],
            around: Vec::new(),
            dependencies: OrdSet::new(),
            stars: Vec::new(),
            problem: None,
        }
    }

    /// Reads all selects; gives the columns of the first.
    fn run(&mut self) -> Option<Vec<ViewColumn>> {
        let count = self.query.selects.len() as u32;
        let columns = if count == 0 { None } else { self.select(0) };
        (0..count).for_each(|select| drop(self.select(select)));
        (0..count).for_each(|select| self.columns_of(select));
        columns
    }

    fn select(&mut self, at: u32) -> Option<Vec<ViewColumn>> {
        match self.done.get(at as usize)? {
            State::Done(columns) => return columns.clone(),
            // A recursive query reads itself.
            State::Running => return None,
            State::New => {}
        }
        self.done[at as usize] = State::Running;
        let select = &self.query.selects[at as usize];
        let columns = if select.arms.is_empty() { self.plain_select(at, select) } else { self.set_operation(select) };
        self.done[at as usize] = State::Done(columns.clone());
        columns
    }

    fn set_operation(&mut self, select: &Select) -> Option<Vec<ViewColumn>> {
        let arms: Vec<_> = select.arms.iter().map(|arm| self.select(*arm)).collect();
        let first = arms.first()?.clone()?;
        let merged = first.into_iter().enumerate().map(|(at, column)| {
            let same = arms
                .iter()
                .all(|arm| arm.as_ref().and_then(|arm| arm.get(at)).is_some_and(|other| other.data_type == column.data_type));
            ViewColumn { name: column.name, data_type: column.data_type.filter(|_| same), source: None }
        });
        Some(merged.collect())
    }

    fn plain_select(&mut self, at: u32, select: &Select) -> Option<Vec<ViewColumn>> {
        let mut scopes: Vec<Scope> = Vec::new();
        for source in &select.sources {
            let mut scope = self.scope(source);
            if source.natural {
                let known =
                    |column: &ViewColumn| scopes.iter().flat_map(|s| s.columns.iter().flatten()).any(|o| o.name == column.name);
                scope.merged = scope.columns.iter().flatten().filter(|column| known(column)).map(|c| c.name.clone()).collect();
            }
            scopes.push(scope);
        }
        let natural_unknown = select.sources.iter().any(|source| source.natural) && scopes.iter().any(|s| s.columns.is_none());
        let merged = scopes.iter().flat_map(|scope| &scope.merged);
        let merged =
            merged.flat_map(|name| scopes.iter().flat_map(|s| s.columns.iter().flatten()).filter(move |c| c.name == *name));
        self.dependencies.extend(merged.filter_map(dependency));
        self.scopes[at as usize] = scopes.into();
        let mut columns = Some(Vec::new());
        for output in &select.outputs {
            let new = match output {
                Output::Star { range } if !natural_unknown => {
                    let all = star(&self.scopes[at as usize]);
                    self.expanded(*range, all)
                }
                Output::Star { .. } => None,
                Output::QualifiedStar { qualifier, range } => {
                    let all = self.whole(at, qualifier);
                    self.expanded(*range, all)
                }
                Output::Value { name, value } => Some(vec![self.value(at, name, value)]),
            };
            columns = columns.zip(new).map(|(mut columns, new)| {
                columns.extend(new);
                columns
            });
        }
        columns
    }

    fn expanded(&mut self, range: (u32, u32), columns: Option<Vec<(ViewColumn, Vec<Ident>)>>) -> Option<Vec<ViewColumn>> {
        let columns = columns?;
        let outputs = columns.iter().map(|(column, qualifier)| Output::Value {
            name: column.name.clone(),
            value: OutputValue::Column(ColumnRef { qualifier: qualifier.clone(), name: column.name.clone() }),
        });
        self.stars.push((range.0, range.1, outputs.collect()));
        self.dependencies.extend(columns.iter().filter_map(|(column, _)| dependency(column)));
        Some(columns.into_iter().map(|(column, _)| column).collect())
    }

    fn scope(&mut self, source: &Source) -> Scope {
        let mut scope =
            Scope { name: source.alias.clone(), schema: None, columns: None, relation: None, merged: source.using.clone() };
        match &source.from {
            SourceKind::Relation(name) => {
                scope.name.get_or_insert_with(|| name.name.clone());
                match self.catalog.resolve_relation(name) {
                    Some(found) => {
                        scope.schema = source.alias.is_none().then(|| found.schema.clone());
                        scope.columns = self.catalog.relation_columns(&found);
                        self.dependencies.insert(Dependency::Relation(found.clone()));
                        scope.relation = Some(found);
                    }
                    None if self.dialect.is_none_or(|dialect| self.catalog.may_lie_outside(name, dialect)) => {}
                    None => self.report(Problem::Missing { kind: ObjectKind::Table, name: name.to_string(), of: None }),
                }
            }
            SourceKind::Select(select) => scope.columns = self.select(*select),
            SourceKind::Function(name) => {
                scope.columns = self.catalog.function_columns(name, source.alias.as_ref());
                scope.name.get_or_insert_with(|| name.name.clone());
            }
            SourceKind::Unknown => {}
        }
        if let Some(columns) = &mut scope.columns {
            columns.iter_mut().zip(&source.columns).for_each(|(column, name)| column.name = name.clone());
        }
        scope
    }

    fn value(&self, at: u32, name: &Ident, value: &OutputValue) -> ViewColumn {
        let plain = |data_type| ViewColumn { name: name.clone(), data_type, source: None };
        match value {
            OutputValue::Column(column) => match self.find(at, column) {
                Found::Here(_, found) => ViewColumn { name: name.clone(), ..found.clone() },
                Found::Perhaps | Found::Nowhere => plain(None),
            },
            OutputValue::Typed(data_type) => plain(Some(self.catalog.full_type(data_type))),
            OutputValue::Call(function, arguments) => plain(self.call_type(function, *arguments)),
            OutputValue::Other => plain(None),
        }
    }

    fn call_type(&self, function: &QName, arguments: u16) -> Option<TypeName> {
        let Some(found) = self.catalog.resolve_routine(function) else {
            return self.dialect?.call_type(function, arguments);
        };
        let [only] = self.catalog.routines.get(&found)?.as_slice() else { return None };
        only.routine.returns.as_ref().map(|returns| self.catalog.full_type(returns))
    }

    /// Looks at every column that a select names.
    fn columns_of(&mut self, at: u32) {
        let select = &self.query.selects[at as usize];
        let outputs = select.outputs.iter().filter_map(|output| match output {
            Output::Value { value: OutputValue::Column(column), .. } => Some(column),
            Output::Value { .. } | Output::Star { .. } | Output::QualifiedStar { .. } => None,
        });
        for column in select.columns.iter().chain(outputs) {
            let (new, missing) = match self.find(at, column) {
                Found::Here(_, found) => (dependency(found), None),
                Found::Perhaps => (None, None),
                Found::Nowhere => (None, Some(self.missing_column(at, column))),
            };
            self.dependencies.extend(new);
            missing.into_iter().for_each(|problem| self.report(problem));
        }
    }

    fn missing_column(&self, at: u32, column: &ColumnRef) -> Problem {
        let of = column.qualifier.last().map(|qualifier| qualifier.to_string());
        let only = match self.scopes[at as usize].as_ref() {
            [only] => only.relation.as_ref().map(|relation| relation.name.to_string()),
            _ => None,
        };
        Problem::Missing { kind: ObjectKind::Column, name: column.name.to_string(), of: of.or(only) }
    }

    /// Finds a column in a select's sources and in those of the selects around it.
    fn find(&self, at: u32, column: &ColumnRef) -> Found<'_> {
        let mut level = Some(at);
        let mut perhaps = false;
        let mut hops = 0;
        while let Some(select) = level {
            match find_in(&self.scopes[select as usize], column, self) {
                Found::Nowhere => {}
                Found::Perhaps => perhaps = true,
                found if !perhaps => return found,
                _ => return Found::Perhaps,
            }
            hops += 1;
            // A set operation's own names are those of its arms, which `ORDER BY` may use.
            perhaps |= !self.query.selects[select as usize].arms.is_empty();
            perhaps |= names_output(&self.query.selects[select as usize], column);
            level = self.query.selects[select as usize].parent.filter(|_| hops <= self.query.selects.len());
        }
        if perhaps { Found::Perhaps } else { Found::Nowhere }
    }

    /// All columns of the source that a qualified star names.
    fn whole(&self, at: u32, qualifier: &[Ident]) -> Option<Vec<(ViewColumn, Vec<Ident>)>> {
        let name = qualifier.last()?;
        let (mut level, mut hops) = (Some(at), 0);
        let called = |scope: &&Scope| scope.name.as_ref() == Some(name);
        let mut found = None;
        while let Some(select) = level.filter(|_| found.is_none() && hops <= self.query.selects.len()) {
            found = self.scopes[select as usize].iter().find(called);
            level = self.query.selects[select as usize].parent;
            hops += 1;
        }
        let columns = found.or_else(|| self.around.iter().find(called))?.columns.as_ref()?;
        Some(columns.iter().map(|column| (column.clone(), qualifier.to_vec())).collect())
    }

    /// The first column that a select names without saying whose it is, while it may be more than one, or a variable as well.
    fn ambiguous(&self, at: usize, variables: &[Ident]) -> Option<Ident> {
        let select = &self.query.selects[at];
        let outputs = select.outputs.iter().filter_map(|output| match output {
            Output::Value { value: OutputValue::Column(column), .. } => Some(column),
            Output::Value { .. } | Output::Star { .. } | Output::QualifiedStar { .. } => None,
        });
        let bare = select.columns.iter().chain(outputs).filter(|column| column.qualifier.is_empty());
        let several = |column: &&ColumnRef| {
            let scopes = &self.scopes[at];
            let unsure = names_output(select, column) || scopes.iter().any(|scope| scope.columns.is_none());
            let has = |scope: &&Scope| {
                let own = scope.columns.iter().flatten().any(|own| own.name == column.name);
                own && !scope.merged.contains(&column.name)
            };
            let count = scopes.iter().filter(has).count();
            !unsure && (count > 1 || count == 1 && variables.contains(&column.name))
        };
        bare.into_iter().find(several).map(|column| column.name.clone())
    }

    fn report(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }
}

/// Looks for a column in the sources of one select.
fn find_in<'a>(scopes: &'a [Scope], column: &ColumnRef, resolver: &Resolver<'_>) -> Found<'a> {
    let addressed = |scope: &&Scope| match column.qualifier.as_slice() {
        [] => true,
        [.., schema, table] => scope.name.as_ref() == Some(table) && scope.schema.as_ref().is_none_or(|own| own == schema),
        [table] => scope.name.as_ref() == Some(table),
    };
    let mut open = column.qualifier.is_empty() && scopes.iter().any(|scope| scope.name.as_ref() == Some(&column.name));
    let mut any = false;
    for scope in scopes.iter().filter(addressed) {
        any = true;
        match &scope.columns {
            Some(columns) => {
                if let Some(found) = columns.iter().find(|own| own.name == column.name) {
                    return Found::Here(scope, found);
                }
            }
            None => open = true,
        }
    }
    // `t.f` is also how a function of the row may be called, and a name may be a row's own or hidden column.
    open |= resolver.dialect.is_some_and(|dialect| dialect.is_system_column(&column.name))
        || (any && !column.qualifier.is_empty() && resolver.catalog.resolve_routine(&QName::bare(column.name.clone())).is_some());
    if open { Found::Perhaps } else { Found::Nowhere }
}

/// Whether an unqualified name is that of an output: `ORDER BY` and `GROUP BY` may mean it.
fn names_output(select: &Select, column: &ColumnRef) -> bool {
    column.qualifier.is_empty()
        && select.outputs.iter().any(|output| match output {
            // A column under its own name names nothing new.
            Output::Value { value: OutputValue::Column(own), .. } if own == column => false,
            Output::Value { name, .. } => *name == column.name,
            Output::Star { .. } | Output::QualifiedStar { .. } => false,
        })
}

fn dependency(column: &ViewColumn) -> Option<Dependency> {
    column.source.as_ref().map(|(relation, column)| Dependency::Column(relation.clone(), column.clone()))
}

/// What `*` stands for: the columns of all sources, those that joins merge once and first.
fn star(scopes: &[Scope]) -> Option<Vec<(ViewColumn, Vec<Ident>)>> {
    let mut all: Vec<(ViewColumn, Vec<Ident>)> = Vec::new();
    for (at, scope) in scopes.iter().enumerate() {
        let columns = scope.columns.as_ref()?;
        let qualifier: Vec<Ident> = scope.name.iter().cloned().collect();
        let merged = |column: &ViewColumn| at > 0 && scope.merged.contains(&column.name);
        let mut front: Vec<(ViewColumn, Vec<Ident>)> = Vec::new();
        for name in &scope.merged {
            let place = all.iter().position(|(column, _)| column.name == *name)?;
            let (column, _) = all.remove(place);
            front.push((column, Vec::new()));
        }
        front.append(&mut all);
        front.extend(columns.iter().filter(|column| !merged(column)).map(|column| (column.clone(), qualifier.clone())));
        all = front;
    }
    Some(all)
}
