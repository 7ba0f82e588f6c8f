//! Tables, constraints, indexes, triggers, rules and policies as SQL.

use super::object::sequence_options_inline;
use super::spell::{idents, join, literal, option_name, options, qname, qnames, quote, role, type_text};
use super::{lines, persistence_word, when};
use crate::change::*;

/// `CREATE TABLE` in all its forms.
pub fn create_table(table: &CreateTable) -> String {
    let kind = if table.server.is_some() { "FOREIGN TABLE" } else { "TABLE" };
    let exists = when(table.if_not_exists, "IF NOT EXISTS ");
    let mut sql = format!("CREATE {}{kind} {exists}{}", persistence_word(table.persistence), qname(&table.name));
    if let Some(query) = &table.query {
        if !table.query_columns.is_empty() {
            sql += &format!(" ({})", idents(&table.query_columns));
        }
        storage(&mut sql, table);
        sql += &format!(" AS\n{}", query.text.sql);
        return sql + when(table.no_data, "\nWITH NO DATA");
    }
    let elements = elements(table);
    match (&table.partition_of, &table.of_type) {
        (Some((parent, bound)), _) => {
            sql += &format!(" PARTITION OF {}", qname(parent));
            if !elements.is_empty() {
                sql += &format!(" {}", lines(&elements));
            }
            sql += &format!(" {}", bound.sql);
        }
        (None, Some(of_type)) => {
            sql += &format!(" OF {}", qname(of_type));
            if !elements.is_empty() {
                sql += &format!(" {}", lines(&elements));
            }
        }
        (None, None) => sql += &format!(" {}", lines(&elements)),
    }
    if !table.inherits.is_empty() {
        sql += &format!("\nINHERITS ({})", qnames(&table.inherits));
    }
    if let Some(key) = &table.partition_by {
        sql += &format!("\nPARTITION BY {} {}", key.strategy, key.keys.sql);
    }
    match &table.server {
        Some(server) => {
            sql += &format!("\nSERVER {}", quote(server));
            if !table.options.is_empty() {
                sql += &format!(
                    "\nOPTIONS ({})",
                    join(&table.options, |(name, value)| format!("{} {}", quote(name), literal(value)))
                );
            }
        }
        None => storage(&mut sql, table),
    }
    sql
}

/// A constraint with its name, as it stands in a table.
pub fn constraint(constraint: &Constraint) -> String {
    let mut sql = constraint_name(constraint);
    match &constraint.kind {
        ConstraintKind::PrimaryKey(of) => sql += &format!("PRIMARY KEY {}", key(of, false)),
        ConstraintKind::Unique(of) => sql += &format!("UNIQUE {}", key(of, of.nulls_not_distinct)),
        ConstraintKind::Check(expr) => sql += &format!("CHECK ({})", expr.sql),
        ConstraintKind::ForeignKey(of) => sql += &foreign_key(of),
        ConstraintKind::Exclude(shape) => {
            sql += &format!("EXCLUDE USING {}", quote(&shape.method));
            sql += &index_body(shape, "USING INDEX TABLESPACE");
            if let Some(predicate) = &shape.predicate {
                sql += &format!(" WHERE ({})", predicate.sql);
            }
        }
        ConstraintKind::NotNull(column) => sql += &format!("NOT NULL {}", quote(column)),
    }
    sql + &constraint_flags(constraint)
}

/// A column's definition without the constraints that have a name of their own.
pub fn column(column: &Column) -> String {
    let mut sql = quote(&column.name).into_owned();
    let serial = column.value == ColumnValue::Serial;
    if serial {
        sql += match column.data_type.name.as_str() {
            "smallint" => " smallserial",
            "bigint" => " bigserial",
            _ => " serial",
        };
    } else if !column.data_type.name.is_empty() {
        sql += &format!(" {}", type_text(&column.data_type));
    }
    if let Some(storage) = &column.storage {
        sql += &format!(" STORAGE {storage}");
    }
    if let Some(compression) = &column.compression {
        sql += &format!(" COMPRESSION {}", quote(compression));
    }
    if let Some(collation) = &column.collation {
        sql += &format!(" COLLATE {}", qname(collation));
    }
    match &column.value {
        ColumnValue::None | ColumnValue::Serial => {}
        ColumnValue::Default(expr) => sql += &format!(" DEFAULT {}", expr.sql),
        ColumnValue::Identity { always, sequence } => sql += &format!(" {}", identity(*always, sequence)),
        ColumnValue::Generated { expr, stored } => {
            sql += &format!(" GENERATED ALWAYS AS ({}) {}", expr.sql, if *stored { "STORED" } else { "VIRTUAL" });
        }
    }
    sql
}

/// `GENERATED ... AS IDENTITY (...)`.
pub fn identity(always: bool, sequence: &SequenceOptions) -> String {
    let options = sequence_options_inline(sequence);
    let options = if options.is_empty() { String::new() } else { format!(" ({options})") };
    format!("GENERATED {} AS IDENTITY{options}", if always { "ALWAYS" } else { "BY DEFAULT" })
}

/// `CREATE INDEX`.
pub fn create_index(index: &CreateIndex) -> String {
    let name = index.name.as_ref().map(|name| format!("{} ", quote(name))).unwrap_or_default();
    let predicate = index.shape.predicate.as_ref().map(|predicate| format!(" WHERE {}", predicate.sql)).unwrap_or_default();
    format!(
        "CREATE {}INDEX {}{}{name}ON {}{} USING {}{}{predicate}",
        when(index.unique, "UNIQUE "),
        when(index.concurrently, "CONCURRENTLY "),
        when(index.if_not_exists, "IF NOT EXISTS "),
        when(index.only, "ONLY "),
        qname(&index.table),
        quote(&index.shape.method),
        index_body(&index.shape, "TABLESPACE")
    )
}

/// `CREATE TRIGGER`.
pub fn create_trigger(table: &QName, or_replace: bool, trigger: &Trigger) -> String {
    let event = |event: &Ident| match event.as_str() {
        "UPDATE" if !trigger.update_of.is_empty() => format!("UPDATE OF {}", idents(&trigger.update_of)),
        event => event.to_owned(),
    };
    let events = trigger.events.iter().map(event).collect::<Vec<_>>().join(" OR ");
    let mut sql = format!(
        "CREATE {}{}TRIGGER {}\n    {} {events} ON {}",
        when(or_replace, "OR REPLACE "),
        when(trigger.constraint, "CONSTRAINT "),
        quote(&trigger.name),
        trigger.timing,
        qname(table)
    );
    if let Some(from) = &trigger.from {
        sql += &format!("\n    FROM {}", qname(from));
    }
    sql += deferrable(trigger.deferrable);
    if let Some(referencing) = &trigger.referencing {
        let words = referencing.trim_start();
        let has_word = words.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("REFERENCING"));
        sql += &format!("\n    {}{words}", when(!has_word, "REFERENCING "));
    }
    sql += if trigger.for_each_row { "\n    FOR EACH ROW" } else { "\n    FOR EACH STATEMENT" };
    if let Some(condition) = &trigger.when {
        sql += &format!("\n    WHEN ({})", condition.sql);
    }
    sql + &format!("\n    EXECUTE FUNCTION {}({})", qname(&trigger.function), trigger.arguments.join(", "))
}

/// `CREATE RULE`.
pub fn create_rule(table: &QName, or_replace: bool, rule: &Rule) -> String {
    format!(
        "CREATE {}RULE {} AS\n    ON {} TO {}\n    {}",
        when(or_replace, "OR REPLACE "),
        quote(&rule.name),
        rule.event,
        qname(table),
        rule.text.text.sql
    )
}

/// `CREATE POLICY`.
pub fn create_policy(table: &QName, policy: &Policy) -> String {
    let mut sql = format!("CREATE POLICY {} ON {}", quote(&policy.name), qname(table));
    sql += when(!policy.permissive, "\n    AS RESTRICTIVE");
    if policy.command != "ALL" {
        sql += &format!("\n    FOR {}", policy.command);
    }
    let everybody = matches!(policy.roles.as_slice(), [only] if only == "public");
    let roles = if everybody || policy.roles.is_empty() { None } else { Some(policy.roles.as_slice()) };
    sql + &policy_tail(roles, policy.using.as_ref(), policy.check.as_ref())
}

/// `ALTER POLICY`.
pub fn alter_policy(table: &QName, name: &Ident, roles: Option<&[Ident]>, using: Option<&Expr>, check: Option<&Expr>) -> String {
    format!("ALTER POLICY {} ON {}{}", quote(name), qname(table), policy_tail(roles, using, check))
}

/// When a constraint is checked.
pub fn deferrable(deferrable: Deferrable) -> &'static str {
    match deferrable {
        Deferrable::No => "",
        Deferrable::Immediate => " DEFERRABLE",
        Deferrable::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn elements(table: &CreateTable) -> Vec<String> {
    let mut inline = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    for element in &table.elements {
        elements.push(match element {
            TableElement::Column(of) => column_with_not_null(of, &table.constraints, &mut inline),
            TableElement::Like { table, including } => format!("LIKE {}{}", qname(table), like_options(including)),
        });
    }
    let rest = table.constraints.iter().enumerate().filter(|(at, _)| !inline.contains(at));
    elements.extend(rest.map(|(_, of)| constraint(of)));
    elements
}

/// A column, with its named not-null constraint at the column: only PostgreSQL 18 knows it as a table constraint.
fn column_with_not_null(of: &Column, constraints: &[Constraint], inline: &mut Vec<usize>) -> String {
    let mut sql = column(of);
    let named = constraints.iter().enumerate().find(|(_, constraint)| {
        constraint.kind == ConstraintKind::NotNull(of.name.clone()) && !constraint.not_valid && constraint.name.is_some()
    });
    match named {
        Some((at, constraint)) => {
            inline.push(at);
            sql += &format!(" {}NOT NULL{}", constraint_name(constraint), when(constraint.no_inherit, " NO INHERIT"));
        }
        None if of.not_null => sql += " NOT NULL",
        None => {}
    }
    sql
}

fn like_options(including: &LikeOptions) -> String {
    let LikeOptions { comments, compression, constraints, defaults, generated, identity, indexes, statistics, storage } =
        *including;
    let each = [
        (comments, "COMMENTS"),
        (compression, "COMPRESSION"),
        (constraints, "CONSTRAINTS"),
        (defaults, "DEFAULTS"),
        (generated, "GENERATED"),
        (identity, "IDENTITY"),
        (indexes, "INDEXES"),
        (statistics, "STATISTICS"),
        (storage, "STORAGE"),
    ];
    if each.iter().all(|(included, _)| *included) {
        return " INCLUDING ALL".into();
    }
    each.iter().filter(|(included, _)| *included).map(|(_, word)| format!(" INCLUDING {word}")).collect()
}

fn storage(sql: &mut String, table: &CreateTable) {
    if let Some(method) = &table.access_method {
        *sql += &format!("\nUSING {}", quote(method));
    }
    if !table.options.is_empty() {
        *sql += &format!("\nWITH {}", options(&table.options));
    }
    if let Some(tablespace) = &table.tablespace {
        *sql += &format!("\nTABLESPACE {}", quote(tablespace));
    }
}

fn constraint_name(constraint: &Constraint) -> String {
    constraint.name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name))).unwrap_or_default()
}

fn constraint_flags(constraint: &Constraint) -> String {
    let mut sql = String::from(when(constraint.no_inherit, " NO INHERIT"));
    sql += deferrable(constraint.deferrable);
    sql += when(constraint.not_enforced, " NOT ENFORCED");
    // What is not enforced is not valid either, and the server refuses to hear both.
    sql + when(constraint.not_valid && !constraint.not_enforced, " NOT VALID")
}

fn key(key: &Key, nulls_not_distinct: bool) -> String {
    if let Some(index) = &key.using_index {
        return format!("USING INDEX {}", quote(index));
    }
    let overlaps = when(key.without_overlaps, " WITHOUT OVERLAPS");
    let nulls = when(nulls_not_distinct, "NULLS NOT DISTINCT ");
    let mut sql = format!("{nulls}({}{overlaps})", idents(&key.columns));
    if !key.include.is_empty() {
        sql += &format!(" INCLUDE ({})", idents(&key.include));
    }
    if !key.options.is_empty() {
        sql += &format!(" WITH {}", options(&key.options));
    }
    if let Some(tablespace) = &key.tablespace {
        sql += &format!(" USING INDEX TABLESPACE {}", quote(tablespace));
    }
    sql
}

fn foreign_key(key: &ForeignKey) -> String {
    let columns = |columns: &[Ident]| match columns.split_last() {
        Some((last, rest)) if key.period => {
            let rest: String = rest.iter().map(|column| format!("{}, ", quote(column))).collect();
            format!("{rest}PERIOD {}", quote(last))
        }
        _ => idents(columns),
    };
    let mut sql = format!("FOREIGN KEY ({}) REFERENCES {}", columns(&key.columns), qname(&key.table));
    if !key.referenced.is_empty() {
        sql += &format!(" ({})", columns(&key.referenced));
    }
    sql += when(key.match_full, " MATCH FULL");
    if let Some(action) = referential_action(key.on_update) {
        sql += &format!(" ON UPDATE {action}");
    }
    if let Some(action) = referential_action(key.on_delete) {
        sql += &format!(" ON DELETE {action}");
        if !key.on_delete_columns.is_empty() {
            sql += &format!(" ({})", idents(&key.on_delete_columns));
        }
    }
    sql
}

fn referential_action(action: ReferentialAction) -> Option<&'static str> {
    match action {
        ReferentialAction::NoAction => None,
        ReferentialAction::Restrict => Some("RESTRICT"),
        ReferentialAction::Cascade => Some("CASCADE"),
        ReferentialAction::SetNull => Some("SET NULL"),
        ReferentialAction::SetDefault => Some("SET DEFAULT"),
    }
}

fn index_body(shape: &IndexShape, tablespace_words: &str) -> String {
    let mut sql = format!(" ({})", join(&shape.keys, index_key));
    if !shape.include.is_empty() {
        sql += &format!(" INCLUDE ({})", idents(&shape.include));
    }
    sql += when(shape.nulls_not_distinct, " NULLS NOT DISTINCT");
    if !shape.options.is_empty() {
        sql += &format!(" WITH {}", options(&shape.options));
    }
    if let Some(tablespace) = &shape.tablespace {
        sql += &format!(" {tablespace_words} {}", quote(tablespace));
    }
    sql
}

fn index_key(key: &IndexKey) -> String {
    let expr = match key.column() {
        Some(column) => quote(column).into_owned(),
        // Parentheses are needed around all but function calls.
        None if is_parenthesized(&key.expr.sql) || is_call(&key.expr) => key.expr.sql.to_string(),
        None => format!("({})", key.expr.sql),
    };
    if key.tail.is_empty() { expr } else { format!("{expr} {}", key.tail) }
}

/// Whether the text is a function's name and its arguments, and nothing else.
fn is_call(expr: &Expr) -> bool {
    expr.refs.first().is_some_and(|first| {
        let called = matches!(first.kind, RefKind::Function { .. }) && first.ranges[0].0 == 0;
        called && first.ranges.last().is_some_and(|range| is_parenthesized(expr.sql[range.1 as usize..].trim_start()))
    })
}

/// Whether the first parenthesis is closed by the last character.
fn is_parenthesized(sql: &str) -> bool {
    if !sql.starts_with('(') || sql.contains(['$', '\\']) {
        return false;
    }
    let mut depth = 0usize;
    let mut quote = None;
    for (at, c) in sql.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if depth == 0 {
            return at + 1 == sql.len();
        }
    }
    false
}

fn policy_tail(roles: Option<&[Ident]>, using: Option<&Expr>, check: Option<&Expr>) -> String {
    let mut sql = String::new();
    if let Some(roles) = roles {
        sql += &format!("\n    TO {}", join(roles, role));
    }
    if let Some(using) = using {
        sql += &format!("\n    USING ({})", using.sql);
    }
    if let Some(check) = check {
        sql += &format!("\n    WITH CHECK ({})", check.sql);
    }
    sql
}

/// What a column's `SET` or `RESET` of storage says.
pub fn column_setting(setting: &ColumnSetting) -> String {
    match setting {
        ColumnSetting::Storage(storage) => format!("SET STORAGE {storage}"),
        ColumnSetting::Compression(method) => format!("SET COMPRESSION {}", quote(method)),
        ColumnSetting::Statistics(target) => format!("SET STATISTICS {}", target.unwrap_or(-1)),
        ColumnSetting::Options(list) => format!("SET {}", options(list)),
        ColumnSetting::Reset(names) => format!("RESET ({})", join(names, option_name)),
    }
}
