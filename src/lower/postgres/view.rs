//! `CREATE VIEW` and `CREATE MATERIALIZED VIEW`.

use super::create_table::persistence;
use super::data;
use crate::change::{Change, CreateView, Persistence};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;

/// `CREATE [OR REPLACE] [TEMPORARY] [RECURSIVE] VIEW`, `CREATE MATERIALIZED VIEW`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    let temporary = persistence(c) == Persistence::Temporary;
    let recursive = c.eat("RECURSIVE");
    let materialized = c.eat("MATERIALIZED");
    c.expect("VIEW")?;
    let if_not_exists = c.if_not_exists();
    let name = c.qname()?;
    let columns = if c.at_sign(&Token::LParen) { c.column_list()? } else { Vec::new() };
    let access_method = if c.eat("USING") { Some(c.ident()?) } else { None };
    let options = if c.eat("WITH") { c.options()? } else { Vec::new() };
    let tablespace = if c.eat("TABLESPACE") { Some(c.ident()?) } else { None };
    c.expect("AS")?;
    let query = if recursive { data::recursive_query(c, &name, &columns)? } else { data::query(c)? };
    let mut view = CreateView {
        name,
        or_replace,
        if_not_exists,
        temporary,
        materialized,
        recursive,
        columns,
        query,
        options,
        check_option: None,
        no_data: false,
        tablespace,
        access_method,
    };
    if c.eat_any(&["WITH CASCADED CHECK OPTION", "WITH CHECK OPTION"]).is_some() {
        view.check_option = Some("CASCADED".into());
    } else if c.eat("WITH LOCAL CHECK OPTION") {
        view.check_option = Some("LOCAL".into());
    } else if c.eat("WITH NO DATA") {
        view.no_data = true;
    } else {
        c.eat("WITH DATA");
    }
    Ok(Change::CreateView(Box::new(view)))
}
