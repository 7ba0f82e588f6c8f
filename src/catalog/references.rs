//! What the objects of a [`Catalog`] refer to. Only objects that the catalog knows count: a reference to what is built in, or
//! came with an extension, depends on nothing here.

use super::{Catalog, CatalogRoutine, Dependency, Name, Relation, Table, TableColumn, UserType, UserTypeShape, View};
use crate::change::{
    ColumnValue, Constraint, ConstraintKind, Expr, ForeignKey, Ident, IndexShape, ParameterMode, Policy, QName, Query, Ref,
    RefKind, RoutineBody, Rule, Trigger, TypeName, TypeShape,
};
use imbl::OrdSet;

type References = OrdSet<Dependency>;

impl Catalog {
    /// What a table refers to as a whole.
    pub(super) fn table_references(&self, table: &Table) -> References {
        let parents = table.inherits.iter().chain(table.partition_of.as_ref().map(|(parent, _)| parent));
        let of_type = table.of_type.iter().cloned().map(Dependency::Type);
        parents.cloned().map(Dependency::Relation).chain(of_type).collect()
    }

    pub(super) fn column_references(&self, table: &Table, column: &TableColumn) -> References {
        let mut to = References::new();
        self.type_name_references(&column.data_type, &mut to);
        match &column.value {
            ColumnValue::Default(expr) | ColumnValue::Generated { expr, .. } => {
                self.expr_references(expr, Some(&table.name), &mut to)
            }
            ColumnValue::None | ColumnValue::Serial | ColumnValue::Identity { .. } => {}
        }
        self.collation_references(column.collation.as_ref(), &mut to);
        to
    }

    pub(super) fn constraint_references(&self, table: &Table, constraint: &Constraint) -> References {
        let mut to = References::new();
        let own = |column: &Ident| Dependency::Column(table.name.clone(), column.clone());
        match &constraint.kind {
            ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => {
                to.extend(key.columns.iter().chain(&key.include).map(own))
            }
            ConstraintKind::Check(expr) => self.expr_references(expr, Some(&table.name), &mut to),
            ConstraintKind::ForeignKey(key) => {
                to.extend(key.columns.iter().map(own));
                self.foreign_key_references(key, &mut to);
            }
            ConstraintKind::Exclude(shape) => self.shape_references(&table.name, shape, &mut to),
            ConstraintKind::NotNull(column) => drop(to.insert(own(column))),
        }
        to
    }

    fn foreign_key_references(&self, key: &ForeignKey, to: &mut References) {
        let Some(target) = self.resolve_relation(&key.table) else { return };
        to.extend(key.referenced.iter().map(|column| Dependency::Column(target.clone(), column.clone())));
        if let Some(index) = self.table(&target).and_then(|table| table.key_index(&key.referenced)) {
            to.insert(Dependency::Relation(Name { schema: target.schema.clone(), name: index.name.clone() }));
        }
        to.insert(Dependency::Relation(target));
    }

    pub(super) fn index_references(&self, owner: &Name, index: &super::Index) -> References {
        let mut to = References::new();
        self.shape_references(owner, &index.shape, &mut to);
        to.extend(index.parent.iter().cloned().map(Dependency::Relation));
        to
    }

    fn shape_references(&self, owner: &Name, shape: &IndexShape, to: &mut References) {
        to.extend(shape.include.iter().map(|column| Dependency::Column(owner.clone(), column.clone())));
        for expr in shape.keys.iter().map(|key| &key.expr).chain(&shape.predicate) {
            self.expr_references(expr, Some(owner), to);
        }
    }

    pub(super) fn trigger_references(&self, owner: &Name, trigger: &Trigger) -> References {
        let mut to = References::new();
        to.extend(trigger.update_of.iter().map(|column| Dependency::Column(owner.clone(), column.clone())));
        if let Some(name) = self.resolve_routine(&trigger.function) {
            to.insert(Dependency::Overload(name.clone(), "".into()));
            to.insert(Dependency::Routine(name));
        }
        to.extend(trigger.from.as_ref().and_then(|from| self.resolve_relation(from)).map(Dependency::Relation));
        if let Some(when) = &trigger.when {
            self.expr_references(when, Some(owner), &mut to);
        }
        to
    }

    pub(super) fn rule_references(&self, owner: &Name, rule: &Rule) -> References {
        let mut to = References::new();
        self.text_references(&rule.text, Some(owner), &mut to);
        // `new` and `old` are rows of it.
        to.remove(&Dependency::Relation(owner.clone()));
        to
    }

    pub(super) fn policy_references(&self, table: &Table, policy: &Policy) -> References {
        let mut to = References::new();
        for expr in policy.using.iter().chain(&policy.check) {
            self.expr_references(expr, Some(&table.name), &mut to);
        }
        to
    }

    pub(super) fn view_references(&self, view: &View) -> References {
        let mut to = References::new();
        self.text_references(&view.query, None, &mut to);
        for (_, default) in &view.defaults {
            self.expr_references(default, Some(&view.name), &mut to);
        }
        to
    }

    /// What a query, or several, refers to.
    fn text_references(&self, query: &Query, owner: Option<&Name>, to: &mut References) {
        match self.query_references(query) {
            Some(exact) => {
                to.extend(exact);
                let others = query.text.refs.iter().filter(|reference| reference.kind != RefKind::Column).cloned();
                self.expr_references(&Expr { refs: others.collect(), ..query.text.clone() }, None, to);
            }
            None => self.expr_references(&query.text, owner, to),
        }
    }

    pub(super) fn type_references(&self, user_type: &UserType) -> References {
        let mut to = References::new();
        match &user_type.shape {
            UserTypeShape::Type(TypeShape::Composite(attributes)) => {
                for (_, data_type, collation) in attributes {
                    self.type_name_references(data_type, &mut to);
                    self.collation_references(collation.as_ref(), &mut to);
                }
            }
            UserTypeShape::Type(TypeShape::Enum(_) | TypeShape::Range(_) | TypeShape::Base(_)) => {}
            UserTypeShape::Domain(domain) => {
                self.type_name_references(&domain.data_type, &mut to);
                for expr in domain.default.iter().chain(domain.checks.iter().map(|check| &check.expr)) {
                    self.expr_references(expr, None, &mut to);
                }
            }
        }
        to
    }

    pub(super) fn routine_references(&self, routine: &CatalogRoutine) -> References {
        let mut to = References::new();
        let routine = &routine.routine;
        for data_type in routine.parameters.iter().map(|parameter| &parameter.data_type).chain(&routine.returns) {
            self.type_name_references(data_type, &mut to);
        }
        for default in routine.parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
            self.expr_references(default, None, &mut to);
        }
        // A body in a string is not looked into: the server does not either, and knows no dependency from it.
        if let RoutineBody::Sql(body) = &routine.body {
            self.text_references(body, None, &mut to);
        }
        to
    }

    /// A type of one's own, or the row type of a table or view.
    pub(super) fn type_name_references(&self, data_type: &TypeName, to: &mut References) {
        let name = data_type.qname();
        if let Some(found) = self.resolve_type(&name) {
            to.insert(Dependency::Type(found));
        } else if let Some(found) = self.resolve_relation(&name)
            && matches!(self.relations.get(&found), Some(Relation::Table(_) | Relation::View(_)))
        {
            to.insert(Dependency::Relation(found));
        }
    }

    fn collation_references(&self, collation: Option<&QName>, to: &mut References) {
        let Some(collation) = collation else { return };
        let kind = crate::change::ObjectKind::Collation;
        let known = |schema: &Ident| {
            let name = Name { schema: schema.clone(), name: collation.name.clone() };
            self.others.contains_key(&(kind, name.to_string())).then_some(name)
        };
        let found = match &collation.schema {
            Some(schema) => known(schema),
            None => self.session.search_path.iter().find_map(known),
        };
        to.extend(found.map(|name| Dependency::Other(kind, name)));
    }

    /// What a text refers to. `owner` is the table or view whose columns it may name without saying whose they are.
    ///
    /// A column in a subquery is looked for in the relations that the text names, then in the owner; of a qualifier that is
    /// none of their names it is assumed that it is an alias of one of them.
    pub(super) fn expr_references(&self, expr: &Expr, owner: Option<&Name>, to: &mut References) {
        let mut relations = Vec::new();
        for reference in expr.refs.iter() {
            match reference.kind {
                RefKind::Relation => relations.extend(self.resolve_relation(&reference.qname())),
                RefKind::Function { arguments } => {
                    if let Some(name) = self.resolve_routine(&reference.qname()) {
                        to.extend(self.overload(&name, arguments).map(|own| Dependency::Overload(name.clone(), own)));
                        to.insert(Dependency::Routine(name));
                    }
                }
                RefKind::Type => self.type_name_references(&type_of(reference), to),
                RefKind::Collation => self.collation_references(Some(&reference.qname()), to),
                RefKind::Column => {}
            }
        }
        for reference in expr.refs.iter().filter(|reference| reference.kind == RefKind::Column) {
            self.column_reference(reference, owner, &relations, to);
        }
        to.extend(relations.into_iter().map(Dependency::Relation));
    }

    /// The only routine of the name that takes so many arguments.
    fn overload(&self, name: &Name, arguments: u16) -> Option<std::sync::Arc<str>> {
        let takes = |own: &&CatalogRoutine| {
            let given = |mode: ParameterMode| !matches!(mode, ParameterMode::Out | ParameterMode::Table);
            let parameters = || own.routine.parameters.iter().filter(|parameter| given(parameter.mode));
            let variadic = parameters().any(|parameter| parameter.mode == ParameterMode::Variadic);
            let needed = parameters().filter(|own| own.default.is_none() && own.mode != ParameterMode::Variadic).count();
            let most = if variadic { usize::MAX } else { parameters().count() };
            (needed..=most).contains(&usize::from(arguments))
        };
        let mut taking = self.routines.get(name)?.iter().filter(takes);
        let only = taking.next()?;
        taking.next().is_none().then(|| only.signature.clone())
    }

    pub(super) fn column_reference(&self, reference: &Ref, owner: Option<&Name>, relations: &[Name], to: &mut References) {
        let column = reference.name();
        let candidates = relations.iter().chain(owner).filter(|relation| self.has_column(relation, column));
        let qualifier = reference.parts.len().checked_sub(2).map(|at| &reference.parts[at]);
        let add = |name: &Name| Dependency::Column(name.clone(), column.clone());
        match qualifier {
            None => to.extend(candidates.take(1).map(add)),
            Some(qualifier) => {
                let named: Vec<_> = candidates.clone().filter(|name| name.name == *qualifier).map(add).collect();
                let row_of_owner = matches!(qualifier.as_str(), "new" | "old");
                if !named.is_empty() {
                    to.extend(named);
                } else if let Some(owner) = owner.filter(|owner| row_of_owner && self.has_column(owner, column)) {
                    to.insert(add(owner));
                } else {
                    to.extend(candidates.map(add));
                }
            }
        }
    }

    /// Whether a table or view has the column.
    pub fn has_column(&self, relation: &Name, column: &str) -> bool {
        match self.relations.get(relation) {
            Some(Relation::Table(table)) => table.column(column).is_some(),
            Some(Relation::View(view)) => view.columns.iter().any(|own| own.name == column),
            Some(Relation::Sequence(_) | Relation::Index(_)) | None => false,
        }
    }
}

fn type_of(reference: &Ref) -> TypeName {
    let QName { schema, name } = reference.qname();
    TypeName { schema, ..TypeName::simple(name) }
}

impl Table {
    /// The unique index on exactly these columns, in any order, that a foreign key can refer to.
    pub fn key_index(&self, columns: &[Ident]) -> Option<&std::sync::Arc<super::Index>> {
        let fits = |index: &&std::sync::Arc<super::Index>| {
            let keys = &index.shape.keys;
            let is_key = |column: &Ident| keys.iter().any(|key| key.column() == Some(column));
            index.unique && index.shape.predicate.is_none() && keys.len() == columns.len() && columns.iter().all(is_key)
        };
        // Where several fit the primary key serves, as it does where no columns are named.
        self.indexes.iter().filter(fits).find(|index| index.primary).or_else(|| self.indexes.iter().find(fits))
    }
}
