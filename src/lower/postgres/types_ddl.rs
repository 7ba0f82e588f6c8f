//! `CREATE TYPE`, `ALTER TYPE`, `CREATE DOMAIN`, `ALTER DOMAIN`.

use super::rename;
use crate::change::{
    AttributeChange, Change, Domain, DomainChange, DomainCheck, EnumChange, Ident, ObjectKind, ObjectRef, QName, Spanned,
    TypeName, TypeShape,
};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;
use std::sync::Arc;

/// `CREATE TYPE`.
pub(super) fn create_type(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE TYPE")?;
    let name = c.qname()?;
    let shape = if c.eat("AS ENUM") {
        TypeShape::Enum(labels(c)?)
    } else if c.eat("AS RANGE") {
        TypeShape::Range(c.paren_text()?.to_owned())
    } else if c.eat("AS") {
        TypeShape::Composite(attributes(c)?)
    } else if c.at_end() {
        TypeShape::Base(String::new())
    } else {
        TypeShape::Base(c.paren_text()?.to_owned())
    };
    Ok(Change::CreateType { name, shape })
}

/// `('a', 'b')`, also none.
fn labels(c: &mut Cursor<'_>) -> Read<Vec<Arc<str>>> {
    c.expect_sign(&Token::LParen)?;
    if c.eat_sign(&Token::RParen) {
        return Ok(Vec::new());
    }
    let labels = c.list(label)?;
    c.expect_sign(&Token::RParen)?;
    Ok(labels)
}

fn label(c: &mut Cursor<'_>) -> Read<Arc<str>> {
    c.string().map(Arc::from)
}

/// `(a integer, b text COLLATE "C")`, also none.
fn attributes(c: &mut Cursor<'_>) -> Read<Vec<(Ident, TypeName, Option<QName>)>> {
    c.expect_sign(&Token::LParen)?;
    if c.eat_sign(&Token::RParen) {
        return Ok(Vec::new());
    }
    let attributes = c.list(attribute)?;
    c.expect_sign(&Token::RParen)?;
    Ok(attributes)
}

fn attribute(c: &mut Cursor<'_>) -> Read<(Ident, TypeName, Option<QName>)> {
    Ok((c.ident()?, c.data_type()?, collation(c)?))
}

fn collation(c: &mut Cursor<'_>) -> Read<Option<QName>> {
    if c.eat("COLLATE") { c.qname().map(Some) } else { Ok(None) }
}

/// `ALTER TYPE`. Several changes of attributes give several changes.
pub(super) fn alter_type(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    c.expect("ALTER TYPE")?;
    let name = c.qname()?;
    let whole = |c: &Cursor<'_>, value| vec![Spanned { value, span: c.whole() }];
    if c.eat("ADD VALUE") {
        let change = add_value(c)?;
        return Ok(whole(c, Change::AlterEnum { name, change }));
    }
    if c.eat("RENAME VALUE") {
        let from = label(c)?;
        c.expect("TO")?;
        let to = label(c)?;
        return Ok(whole(c, Change::AlterEnum { name, change: EnumChange::Rename { from, to } }));
    }
    if c.at_any(&["ADD ATTRIBUTE", "DROP ATTRIBUTE", "ALTER ATTRIBUTE", "RENAME ATTRIBUTE"]) {
        return alter_attributes(c, &name);
    }
    if c.at("SET") && *c.peek(1) == Token::LParen {
        c.step();
        c.paren_text()?;
        let object = ObjectRef::new(ObjectKind::Type, name);
        let sql = c.whole_text().to_owned();
        return Ok(whole(c, Change::AlterOther { object, sql }));
    }
    let change = rename::common(c, ObjectRef::new(ObjectKind::Type, name), false)?;
    Ok(whole(c, change))
}

fn add_value(c: &mut Cursor<'_>) -> Read<EnumChange> {
    let if_not_exists = c.if_not_exists();
    let label = label(c)?;
    let position = match c.eat_any(&["BEFORE", "AFTER"]) {
        Some(word) => Some((word == "BEFORE", self::label(c)?)),
        None => None,
    };
    Ok(EnumChange::Add { label, if_not_exists, position })
}

fn alter_attributes(c: &mut Cursor<'_>, name: &QName) -> Read<Vec<Spanned<Change>>> {
    let actions = c.list(|c| {
        let mark = c.mark();
        let change = attribute_change(c)?;
        let cascade = c.cascade();
        let value = Change::AlterComposite { name: name.clone(), change, cascade };
        Ok(Spanned { value, span: c.span_from(mark) })
    });
    let mut actions = actions?;
    if let [only] = actions.as_mut_slice() {
        only.span = c.whole();
    }
    Ok(actions)
}

fn attribute_change(c: &mut Cursor<'_>) -> Read<AttributeChange> {
    if c.eat("ADD ATTRIBUTE") {
        let (name, data_type, collation) = attribute(c)?;
        Ok(AttributeChange::Add(name, data_type, collation))
    } else if c.eat("DROP ATTRIBUTE") {
        let if_exists = c.if_exists();
        Ok(AttributeChange::Drop(c.ident()?, if_exists))
    } else if c.eat("RENAME ATTRIBUTE") {
        let from = c.ident()?;
        c.expect("TO")?;
        Ok(AttributeChange::Rename(from, c.ident()?))
    } else {
        c.expect("ALTER ATTRIBUTE")?;
        let name = c.ident()?;
        c.eat("SET DATA");
        c.expect("TYPE")?;
        Ok(AttributeChange::SetType(name, c.data_type()?, collation(c)?))
    }
}

/// `CREATE DOMAIN`.
pub(super) fn create_domain(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE DOMAIN")?;
    let name = c.qname()?;
    c.eat("AS");
    let mut domain = Domain {
        data_type: c.data_type()?,
        collation: None,
        default: None,
        not_null: false,
        not_null_name: None,
        checks: Vec::new(),
    };
    while !c.at_end() {
        domain_clause(c, &mut domain)?;
    }
    Ok(Change::CreateDomain { name, domain: Box::new(domain) })
}

fn domain_clause(c: &mut Cursor<'_>, domain: &mut Domain) -> Read<()> {
    if c.eat("COLLATE") {
        domain.collation = Some(c.qname()?);
        return Ok(());
    }
    if c.eat("DEFAULT") {
        domain.default = Some(c.narrow_expr()?);
        return Ok(());
    }
    let name = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
    if c.eat("NOT NULL") {
        domain.not_null = true;
        domain.not_null_name = name;
    } else if !c.eat("NULL") {
        domain.checks.push(check(c, name)?);
    }
    Ok(())
}

/// `CHECK (...) [NOT VALID]`.
fn check(c: &mut Cursor<'_>, name: Option<Ident>) -> Read<DomainCheck> {
    c.expect("CHECK")?;
    let expr = c.paren_expr()?;
    let not_valid = c.eat("NOT VALID");
    c.eat("NO INHERIT");
    Ok(DomainCheck { name, expr, not_valid })
}

/// `ALTER DOMAIN`.
pub(super) fn alter_domain(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER DOMAIN")?;
    let name = c.qname()?;
    let change = if c.eat("SET DEFAULT") {
        DomainChange::Default(Some(c.expr()?))
    } else if c.eat("DROP DEFAULT") {
        DomainChange::Default(None)
    } else if c.eat("SET NOT NULL") {
        DomainChange::NotNull(true)
    } else if c.eat("DROP NOT NULL") {
        DomainChange::NotNull(false)
    } else if c.eat("ADD") {
        let constraint = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
        if c.eat("NOT NULL") { DomainChange::NotNull(true) } else { DomainChange::AddCheck(check(c, constraint)?) }
    } else if c.eat("DROP CONSTRAINT") {
        let if_exists = c.if_exists();
        let constraint = c.ident()?;
        DomainChange::DropConstraint(constraint, if_exists, c.cascade())
    } else if c.eat("RENAME CONSTRAINT") {
        let from = c.ident()?;
        c.expect("TO")?;
        DomainChange::RenameConstraint(from, c.ident()?)
    } else if c.eat("VALIDATE CONSTRAINT") {
        DomainChange::Validate(c.ident()?)
    } else {
        return rename::common(c, ObjectRef::new(ObjectKind::Domain, name), false);
    };
    Ok(Change::AlterDomain { name, change })
}
