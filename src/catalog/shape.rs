//! What a schema state knows of names: the columns of relations and of functions' results, types with their schemas.

use super::{Catalog, Name, Relation, UserTypeShape, ViewColumn};
use crate::change::{Expr, Ident, ParameterMode, QName, RefKind, TypeName, TypeShape};
use crate::dialect::Dialect;

impl Catalog {
    /// Whether a name that the catalog does not know may be the server's own, or an extension's.
    pub fn may_lie_outside(&self, name: &QName, dialect: &dyn Dialect) -> bool {
        let system = match &name.schema {
            Some(schema) => self.system_schemas.contains(&schema.as_str()),
            None => dialect.is_system_name(&name.name),
        };
        system || !self.extensions.is_empty()
    }

    /// The columns of a relation, where all are known.
    pub fn relation_columns(&self, name: &Name) -> Option<Vec<ViewColumn>> {
        let source = |column: &Ident| Some((name.clone(), column.clone()));
        match self.relations.get(name)? {
            Relation::Table(table) => Some(
                table
                    .columns
                    .iter()
                    .map(|column| ViewColumn {
                        name: column.name.clone(),
                        data_type: Some(column.data_type.clone()),
                        source: source(&column.name),
                    })
                    .collect(),
            ),
            Relation::View(view) if view.columns_known => {
                Some(view.columns.iter().map(|column| ViewColumn { source: source(&column.name), ..column.clone() }).collect())
            }
            Relation::View(_) | Relation::Sequence(_) | Relation::Index(_) => None,
        }
    }

    /// A type with its schema where it is one of one's own, or a table's row type.
    pub fn full_type(&self, data_type: &TypeName) -> TypeName {
        if let Some(of_column) = self.type_of_column(data_type) {
            return of_column;
        }
        let schema = match self.resolve_type_or_row(&data_type.qname()) {
            Some(found) => Some(found.schema),
            None => data_type.schema.clone(),
        };
        TypeName { schema, ..data_type.clone() }
    }

    /// `table.column%TYPE`: the server keeps the type that the column has then.
    fn type_of_column(&self, data_type: &TypeName) -> Option<TypeName> {
        let mut parts = data_type.name.strip_suffix("%type")?.rsplitn(3, '.');
        let column = parts.next()?;
        let name = QName { name: parts.next()?.into(), schema: parts.next().map(Ident::from) };
        let columns = self.relation_columns(&self.resolve_relation(&name)?)?;
        let found = columns.into_iter().find(|own| own.name == column)?;
        found.data_type.map(|found| TypeName { modifiers: Vec::new(), ..found })
    }

    /// The same text with the schema before every name that the catalog knows. Texts are kept so: what they mean is settled
    /// when they are written, whatever the search path is later.
    pub fn settled(&self, expr: &Expr, dialect: &dyn Dialect) -> Expr {
        if expr.refs.is_empty() {
            return expr.clone();
        }
        expr.qualify(|reference| {
            let name = reference.qname();
            let found = match reference.kind {
                RefKind::Relation => self.resolve_relation(&name),
                RefKind::Function { .. } => self.resolve_routine(&name),
                RefKind::Type => self.resolve_type_or_row(&name),
                RefKind::Column | RefKind::Collation => None,
            };
            found.map(|name| (name.schema.clone(), dialect.quote(&name.schema).into_owned()))
        })
    }

    fn resolve_type_or_row(&self, name: &QName) -> Option<Name> {
        self.resolve_type(name).or_else(|| {
            let row = |name: &Name| matches!(self.relations.get(name), Some(Relation::Table(_) | Relation::View(_)));
            self.resolve_relation(name).filter(row)
        })
    }

    pub(super) fn function_columns(&self, function: &QName, alias: Option<&Ident>) -> Option<Vec<ViewColumn>> {
        let overloads = self.routines.get(&self.resolve_routine(function)?)?;
        let [only] = overloads.as_slice() else { return None };
        let outs = only
            .routine
            .parameters
            .iter()
            .filter(|parameter| matches!(parameter.mode, ParameterMode::Out | ParameterMode::InOut | ParameterMode::Table));
        let column =
            |name: Ident, data_type: &TypeName| ViewColumn { name, data_type: Some(self.full_type(data_type)), source: None };
        let outs: Vec<_> = outs.map(|out| column(out.name.clone().unwrap_or_default(), &out.data_type)).collect();
        if !outs.is_empty() {
            return if outs.iter().all(|out| !out.name.is_empty()) { Some(outs) } else { None };
        }
        let returns = only.routine.returns.as_ref()?;
        if let Some(relation) = self.resolve_relation(&returns.qname()) {
            let columns = self.relation_columns(&relation)?;
            return Some(columns.into_iter().map(|column| ViewColumn { source: None, ..column }).collect());
        }
        let own = self.resolve_type(&returns.qname()).and_then(|name| self.types.get(&name));
        let scalar = match own.map(|own| &own.shape) {
            Some(UserTypeShape::Type(TypeShape::Composite(attributes))) => {
                return Some(attributes.iter().map(|(name, data_type, _)| column(name.clone(), data_type)).collect());
            }
            Some(_) => true,
            None => returns.schema.is_none() && !matches!(returns.name.as_str(), "record"),
        };
        scalar.then(|| vec![column(alias.unwrap_or(&function.name).clone(), returns)])
    }
}
