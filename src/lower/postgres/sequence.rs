//! `CREATE SEQUENCE` and `ALTER SEQUENCE`, and the options that identity columns share with them.

use crate::change::{Change, Persistence, SequenceOptions};
use crate::lower::cursor::{Cursor, Read};

/// `CREATE [TEMPORARY | UNLOGGED] SEQUENCE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let persistence = match c.eat_any(&["LOCAL TEMP", "LOCAL TEMPORARY", "TEMP", "TEMPORARY", "UNLOGGED"]) {
        Some("UNLOGGED") => Persistence::Unlogged,
        Some(_) => Persistence::Temporary,
        None => Persistence::Permanent,
    };
    c.expect("SEQUENCE")?;
    let if_not_exists = c.if_not_exists();
    let name = c.qname()?;
    let options = Box::new(options(c)?);
    Ok(Change::CreateSequence { name, if_not_exists, persistence, options })
}

/// Options up to something that is none.
pub(super) fn options(c: &mut Cursor<'_>) -> Read<SequenceOptions> {
    let mut options = SequenceOptions::default();
    while option(c, &mut options)? {}
    Ok(options)
}

/// One option, if one comes next.
pub(super) fn option(c: &mut Cursor<'_>, options: &mut SequenceOptions) -> Read<bool> {
    if c.eat("SEQUENCE NAME") {
        options.name = Some(c.qname()?);
    } else if c.eat("AS") {
        options.data_type = Some(c.data_type()?);
    } else if c.eat("INCREMENT") {
        c.eat("BY");
        options.increment = Some(c.integer()?);
    } else if c.eat("NO MINVALUE") {
        options.min = Some(None);
    } else if c.eat("MINVALUE") {
        options.min = Some(Some(c.integer()?));
    } else if c.eat("NO MAXVALUE") {
        options.max = Some(None);
    } else if c.eat("MAXVALUE") {
        options.max = Some(Some(c.integer()?));
    } else if c.eat("START") {
        c.eat("WITH");
        options.start = Some(c.integer()?);
    } else if c.eat("RESTART") {
        let with = c.eat("WITH");
        options.restart = Some(match c.integer() {
            Ok(value) => Some(value),
            Err(error) if with => return Err(error),
            Err(_) => None,
        });
    } else if c.eat("CACHE") {
        options.cache = Some(c.integer()?);
    } else if c.eat("NO CYCLE") {
        options.cycle = Some(false);
    } else if c.eat("CYCLE") {
        options.cycle = Some(true);
    } else if c.eat("OWNED BY NONE") {
        options.owned_by = Some(None);
    } else if c.eat("OWNED BY") {
        options.owned_by = Some(Some(c.column_name()?));
    } else {
        // `LOGGED` and `UNLOGGED` stand among the options only of an identity column in what pg_dump writes.
        return Ok(c.eat_any(&["LOGGED", "UNLOGGED"]).is_some());
    }
    Ok(true)
}
