//! Extensions, and what is kept by name only.

use super::{Done, exists};
use crate::catalog::{Catalog, Extension, Name, Other};
use crate::change::{Ident, ObjectKind, ObjectRef};
use std::sync::Arc;

/// `CREATE EXTENSION`. What is in it stays unknown.
pub(super) fn create(
    catalog: &mut Catalog,
    name: &Ident,
    if_not_exists: bool,
    schema: Option<&Ident>,
    version: Option<&str>,
) -> Done {
    if catalog.extensions.contains_key(name) {
        return if if_not_exists { Ok(()) } else { Err(exists(ObjectKind::Extension, name)) };
    }
    let schema = schema.or(catalog.creation_schema()).cloned();
    let extension = Extension { name: name.clone(), schema, version: version.map(str::to_owned) };
    catalog.extensions.insert(name.clone(), Arc::new(extension));
    Ok(())
}

/// `CREATE` of something that is kept by name only.
pub(super) fn create_other(catalog: &mut Catalog, object: &ObjectRef, if_not_exists: bool, or_replace: bool, sql: &str) -> Done {
    let key = other_key(catalog, object, true);
    if catalog.others.contains_key(&key) && !or_replace {
        return if if_not_exists { Ok(()) } else { Err(exists(object.kind, &key.1)) };
    }
    catalog.others.insert(key, Arc::new(Other { kind: object.kind, statements: vec![sql.into()] }));
    Ok(())
}

/// `ALTER` of something that is kept by name only. What nobody created here may still be there.
pub(super) fn alter_other(catalog: &mut Catalog, object: &ObjectRef, sql: &str) -> Done {
    let key = other_key(catalog, object, false);
    if let Some(other) = catalog.others.get_mut(&key) {
        Arc::make_mut(other).statements.push(sql.into());
    }
    // What a role owns is given to another one.
    catalog.roles.unsure |=
        object.kind == ObjectKind::Role && sql.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("REASSIGN"));
    Ok(())
}

/// The key of something kept by name only: collations and statistics lie in schemas, the rest has the words that name it.
pub(super) fn other_key(catalog: &Catalog, object: &ObjectRef, create: bool) -> (ObjectKind, String) {
    let in_schema = matches!(object.kind, ObjectKind::Collation | ObjectKind::Statistics);
    let text = match (&object.words, &object.name.schema) {
        (Some(words), _) if object.kind == ObjectKind::Other => words.clone(),
        (_, None) if in_schema => {
            let full = |schema: &Ident| Name { schema: schema.clone(), name: object.name.name.clone() }.to_string();
            let known = |name: &String| catalog.others.contains_key(&(object.kind, name.clone()));
            let found = catalog.session.search_path.iter().map(full).find(known).filter(|_| !create);
            found.or_else(|| catalog.creation_schema().map(full)).unwrap_or_else(|| object.name.to_string())
        }
        _ => object.name.to_string(),
    };
    (object.kind, text)
}
