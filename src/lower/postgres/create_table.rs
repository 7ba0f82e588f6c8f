//! `CREATE TABLE` and `CREATE FOREIGN TABLE` in all their forms.

use super::column::{at_table_constraint, column, qualifiers, table_constraint};
use super::data;
use crate::change::{
    Change, Column, Constraint, CreateTable, Expr, LikeOptions, PartitionKey, Persistence, TableElement, TypeName,
};
use crate::lower::cursor::{Cursor, Read};
use crate::lower::names::Names;
use sqlparser::tokenizer::Token;

/// `CREATE [TEMPORARY | UNLOGGED | FOREIGN] TABLE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let persistence = persistence(c);
    let foreign = c.eat("FOREIGN");
    c.expect("TABLE")?;
    let if_not_exists = c.if_not_exists();
    let mut table = CreateTable { persistence, ..CreateTable::new(c.qname()?) };
    table.if_not_exists = if_not_exists;
    if c.eat("PARTITION OF") {
        partition_of(c, &mut table)?;
    } else if c.eat("OF") {
        table.of_type = Some(c.qname()?);
        if c.at_sign(&Token::LParen) {
            typed_elements(c, &mut table)?;
        }
    } else if c.at_sign(&Token::LParen) {
        elements(c, &mut table)?;
    }
    clauses(c, &mut table)?;
    if foreign {
        c.expect("SERVER")?;
        table.server = Some(c.ident()?);
        if c.eat("OPTIONS") {
            table.options = c.foreign_options()?;
        }
    } else if c.eat("AS") {
        as_query(c, &mut table)?;
    }
    Ok(Change::CreateTable(Box::new(table)))
}

/// `[GLOBAL | LOCAL] TEMPORARY`, `UNLOGGED`, or nothing.
pub(super) fn persistence(c: &mut Cursor<'_>) -> Persistence {
    c.eat_any(&["GLOBAL", "LOCAL"]);
    match c.eat_any(&["TEMPORARY", "TEMP", "UNLOGGED"]) {
        Some("UNLOGGED") => Persistence::Unlogged,
        Some(_) => Persistence::Temporary,
        None => Persistence::Permanent,
    }
}

/// `(column, constraint, LIKE table, ...)`, or the bare names of `CREATE TABLE t (a, b) AS`.
fn elements(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    if matches!(c.peek(1), Token::Word(_)) && matches!(c.peek(2), Token::Comma | Token::RParen) {
        table.query_columns = c.column_list()?;
        return Ok(());
    }
    c.expect_sign(&Token::LParen)?;
    if c.eat_sign(&Token::RParen) {
        return Ok(());
    }
    c.list(|c| element(c, table))?;
    c.expect_sign(&Token::RParen)
}

fn element(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    if c.eat("LIKE") {
        let element = TableElement::Like { table: c.qname()?, including: like_options(c)? };
        table.elements.push(element);
    } else if at_table_constraint(c) {
        table.constraints.push(table_constraint(c)?);
    } else {
        let (column, constraints) = column(c)?;
        add(table, column, constraints);
    }
    Ok(())
}

fn add(table: &mut CreateTable, column: Column, constraints: Vec<Constraint>) {
    table.elements.push(TableElement::Column(column));
    table.constraints.extend(constraints);
}

/// The columns of `OF type` and `PARTITION OF`: `name [WITH OPTIONS] ...`, without types, which the catalog knows.
fn typed_elements(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    c.paren_list(|c| {
        if at_table_constraint(c) {
            table.constraints.push(table_constraint(c)?);
            return Ok(());
        }
        let mut column = Column::new(c.ident()?, TypeName::simple(""));
        c.eat("WITH OPTIONS");
        let constraints = qualifiers(c, &mut column)?;
        add(table, column, constraints);
        Ok(())
    })?;
    Ok(())
}

fn like_options(c: &mut Cursor<'_>) -> Read<LikeOptions> {
    let mut options = LikeOptions::default();
    loop {
        let including = match c.eat_any(&["INCLUDING", "EXCLUDING"]) {
            Some(word) => word == "INCLUDING",
            None => return Ok(options),
        };
        if c.eat("ALL") {
            options = LikeOptions {
                comments: including,
                compression: including,
                constraints: including,
                defaults: including,
                generated: including,
                identity: including,
                indexes: including,
                statistics: including,
                storage: including,
            };
            continue;
        }
        let Ok(word) = c.ident() else { return Err(c.refuse("what to include")) };
        let option = match word.as_str() {
            "comments" => &mut options.comments,
            "compression" => &mut options.compression,
            "constraints" => &mut options.constraints,
            "defaults" => &mut options.defaults,
            "generated" => &mut options.generated,
            "identity" => &mut options.identity,
            "indexes" => &mut options.indexes,
            "statistics" => &mut options.statistics,
            "storage" => &mut options.storage,
            _ => {
                c.reset(c.mark() - 1);
                return Err(c.refuse("what to include"));
            }
        };
        *option = including;
    }
}

fn partition_of(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    let parent = c.qname()?;
    if c.at_sign(&Token::LParen) {
        typed_elements(c, table)?;
    }
    table.partition_of = Some((parent, bound(c)?));
    Ok(())
}

/// `DEFAULT`, `FOR VALUES FROM (...) TO (...)`, `FOR VALUES IN (...)`, `FOR VALUES WITH (MODULUS m, REMAINDER r)`, as one text.
pub(super) fn bound(c: &mut Cursor<'_>) -> Read<Expr> {
    let mark = c.mark();
    if c.eat("DEFAULT") {
        return Ok(Expr::plain(c.text_from(mark)));
    }
    c.expect("FOR VALUES")?;
    if c.eat("FROM") {
        group(c)?;
        c.expect("TO")?;
    } else if !c.eat("IN") {
        c.expect("WITH")?;
    }
    group(c)?;
    Ok(Expr::plain(c.text_from(mark)))
}

fn group(c: &mut Cursor<'_>) -> Read<()> {
    c.paren_text().map(drop)
}

/// What may follow the columns.
fn clauses(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    loop {
        if c.eat("INHERITS") {
            c.expect_sign(&Token::LParen)?;
            if !c.at_sign(&Token::RParen) {
                table.inherits = c.qnames()?;
            }
            c.expect_sign(&Token::RParen)?;
        } else if c.eat("PARTITION BY") {
            table.partition_by = Some(partition_key(c)?);
        } else if c.eat("USING") {
            table.access_method = Some(c.ident()?);
        } else if c.eat("WITHOUT OIDS") {
            // What every table is since PostgreSQL 12.
        } else if c.eat("WITH OIDS") {
            table.options.push(("oids".into(), "true".into()));
        } else if c.at("WITH") && *c.peek(1) == Token::LParen {
            c.step();
            table.options = c.options()?;
        } else if c.eat("ON COMMIT") {
            if c.eat_any(&["PRESERVE ROWS", "DELETE ROWS", "DROP"]).is_none() {
                return Err(c.refuse("`PRESERVE ROWS`, `DELETE ROWS` or `DROP`"));
            }
        } else if c.eat("TABLESPACE") {
            table.tablespace = Some(c.ident()?);
        } else {
            return Ok(());
        }
    }
}

fn partition_key(c: &mut Cursor<'_>) -> Read<PartitionKey> {
    let strategy = c.ident()?.to_ascii_uppercase().into();
    let mark = c.mark();
    let mut names = Names::new(c);
    c.paren_list(|c| {
        let narrow = matches!(c.peek(0), Token::Word(_)) && !matches!(c.peek(1), Token::LParen | Token::Period);
        let ast = c.parse(|parser| if narrow { parser.parse_prefix() } else { parser.parse_expr() })?;
        names.expr(&ast);
        // A collation and an operator class.
        c.skip_to_comma();
        Ok(())
    })?;
    Ok(PartitionKey { strategy, keys: c.text_with(mark, names) })
}

/// What follows `AS`: a query, or the call of a prepared one.
fn as_query(c: &mut Cursor<'_>, table: &mut CreateTable) -> Read<()> {
    if c.eat("EXECUTE") {
        c.ident()?;
        if c.at_sign(&Token::LParen) {
            c.skip_group();
        }
    } else {
        table.query = Some(data::query(c)?);
    }
    table.no_data = c.eat("WITH NO DATA");
    if !table.no_data {
        c.eat("WITH DATA");
    }
    Ok(())
}
