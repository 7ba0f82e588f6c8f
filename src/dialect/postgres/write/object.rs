//! Types, sequences, views, routines and privileges as SQL.

use super::name::{kind_words, signature};
use super::spell::{dollar, idents, join, literal, options, qname, qnames, quote, role, type_text};
use super::{lines, when};
use crate::change::*;

/// A sequence's options, each on a line of its own.
pub fn sequence_options(options: &SequenceOptions) -> String {
    sequence_option_list(options).iter().map(|option| format!("\n    {option}")).collect()
}

/// The options of an identity column's sequence, in one line.
pub fn sequence_options_inline(options: &SequenceOptions) -> String {
    sequence_option_list(options).join(" ")
}

/// `CREATE VIEW` and `CREATE MATERIALIZED VIEW`.
pub fn create_view(view: &CreateView) -> String {
    let mut sql = format!(
        "CREATE {}{}{}{}VIEW {}{}",
        when(view.or_replace, "OR REPLACE "),
        when(view.temporary, "TEMPORARY "),
        when(view.materialized, "MATERIALIZED "),
        when(view.recursive, "RECURSIVE "),
        when(view.if_not_exists, "IF NOT EXISTS "),
        qname(&view.name)
    );
    if !view.columns.is_empty() {
        sql += &format!(" ({})", idents(&view.columns));
    }
    if let Some(method) = &view.access_method {
        sql += &format!(" USING {}", quote(method));
    }
    if !view.options.is_empty() {
        sql += &format!(" WITH {}", options(&view.options));
    }
    if let Some(tablespace) = &view.tablespace {
        sql += &format!(" TABLESPACE {}", quote(tablespace));
    }
    sql += &format!(" AS\n{}", view.query.text.sql);
    if let Some(check) = &view.check_option {
        sql += &format!("\nWITH {check} CHECK OPTION");
    }
    sql + when(view.no_data, "\nWITH NO DATA")
}

/// `CREATE TYPE`.
pub fn create_type(name: &QName, shape: &TypeShape) -> String {
    let name = qname(name);
    match shape {
        TypeShape::Enum(labels) => {
            format!("CREATE TYPE {name} AS ENUM {}", lines(&labels.iter().map(|label| literal(label)).collect::<Vec<_>>()))
        }
        TypeShape::Composite(attributes) => {
            let each = |(name, data_type, collation): &(Ident, TypeName, Option<QName>)| {
                attribute(name, data_type, collation.as_ref(), "")
            };
            format!("CREATE TYPE {name} AS {}", lines(&attributes.iter().map(each).collect::<Vec<_>>()))
        }
        TypeShape::Range(text) => format!("CREATE TYPE {name} AS RANGE ({text})"),
        TypeShape::Base(text) if text.trim().is_empty() => format!("CREATE TYPE {name}"),
        TypeShape::Base(text) => format!("CREATE TYPE {name} ({text})"),
    }
}

/// `ALTER TYPE ... VALUE`.
pub fn alter_enum(name: &QName, change: &EnumChange) -> String {
    let name = qname(name);
    match change {
        EnumChange::Add { label, if_not_exists, position } => {
            let place = position
                .as_ref()
                .map(|(before, other)| format!(" {} {}", if *before { "BEFORE" } else { "AFTER" }, literal(other)));
            let exists = when(*if_not_exists, "IF NOT EXISTS ");
            format!("ALTER TYPE {name} ADD VALUE {exists}{}{}", literal(label), place.unwrap_or_default())
        }
        EnumChange::Rename { from, to } => format!("ALTER TYPE {name} RENAME VALUE {} TO {}", literal(from), literal(to)),
    }
}

/// `ALTER TYPE ... ATTRIBUTE`.
pub fn alter_composite(name: &QName, change: &AttributeChange, cascade: bool) -> String {
    let change = match change {
        AttributeChange::Add(name, data_type, collation) => {
            format!("ADD ATTRIBUTE {}", attribute(name, data_type, collation.as_ref(), ""))
        }
        AttributeChange::Drop(name, if_exists) => format!("DROP ATTRIBUTE {}{}", when(*if_exists, "IF EXISTS "), quote(name)),
        AttributeChange::SetType(name, data_type, collation) => {
            format!("ALTER ATTRIBUTE {}", attribute(name, data_type, collation.as_ref(), " TYPE"))
        }
        AttributeChange::Rename(from, to) => format!("RENAME ATTRIBUTE {} TO {}", quote(from), quote(to)),
    };
    format!("ALTER TYPE {} {change}{}", qname(name), when(cascade, " CASCADE"))
}

/// `CREATE DOMAIN`.
pub fn create_domain(name: &QName, domain: &Domain) -> String {
    let mut sql = format!("CREATE DOMAIN {} AS {}", qname(name), type_text(&domain.data_type));
    if let Some(collation) = &domain.collation {
        sql += &format!(" COLLATE {}", qname(collation));
    }
    if let Some(default) = &domain.default {
        sql += &format!(" DEFAULT {}", default.sql);
    }
    if domain.not_null {
        let name = domain.not_null_name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name)));
        sql += &format!(" {}NOT NULL", name.unwrap_or_default());
    }
    for check in &domain.checks {
        sql += &format!("\n    {}", domain_check(check));
    }
    sql
}

/// `ALTER DOMAIN`.
pub fn alter_domain(name: &QName, change: &DomainChange) -> String {
    let change = match change {
        DomainChange::Default(Some(default)) => format!("SET DEFAULT {}", default.sql),
        DomainChange::Default(None) => "DROP DEFAULT".into(),
        DomainChange::NotNull(true) => "SET NOT NULL".into(),
        DomainChange::NotNull(false) => "DROP NOT NULL".into(),
        DomainChange::AddCheck(check) => format!("ADD {}", domain_check(check)),
        DomainChange::DropConstraint(name, if_exists, cascade) => {
            format!("DROP CONSTRAINT {}{}{}", when(*if_exists, "IF EXISTS "), quote(name), when(*cascade, " CASCADE"))
        }
        DomainChange::RenameConstraint(from, to) => format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to)),
        DomainChange::Validate(name) => format!("VALIDATE CONSTRAINT {}", quote(name)),
    };
    format!("ALTER DOMAIN {} {change}", qname(name))
}

/// `CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE AGGREGATE`.
pub fn create_routine(name: &QName, or_replace: bool, routine: &Routine) -> String {
    let columns = routine.parameters.iter().any(|parameter| parameter.mode == ParameterMode::Table);
    let plain = routine.parameters.iter().filter(|parameter| parameter.mode != ParameterMode::Table);
    let mut parameters = join(plain, parameter);
    if routine.kind == ObjectKind::Aggregate && parameters.is_empty() {
        parameters = "*".into();
    }
    let head = format!("CREATE {}{} {}({parameters})", when(or_replace, "OR REPLACE "), kind_words(routine.kind), qname(name));
    if let RoutineBody::Aggregate(options) = &routine.body {
        return format!("{head} ({options})");
    }
    let returns = match &routine.returns {
        _ if columns => {
            let columns = routine.parameters.iter().filter(|parameter| parameter.mode == ParameterMode::Table);
            format!("\n    RETURNS TABLE({})", join(columns, parameter))
        }
        Some(returns) => format!("\n    RETURNS {}{}", when(routine.returns_set, "SETOF "), type_text(returns)),
        None => String::new(),
    };
    let options: String = routine_options(routine).iter().map(|option| format!("\n    {option}")).collect();
    format!("{head}{returns}\n    LANGUAGE {}{options}{}", quote(&routine.language), routine_body(&routine.body))
}

/// `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`.
pub fn grant(grant: &Grant) -> String {
    if matches!(grant.on, GrantObjects::Inheritance) {
        let inherits = if grant.grant { "INHERIT" } else { "NOINHERIT" };
        return grant.roles.iter().map(|of| format!("ALTER ROLE {} {inherits}", role(of))).collect::<Vec<_>>().join(";\n");
    }
    let membership = matches!(grant.on, GrantObjects::Membership(_));
    let privilege = |(name, columns): &(Ident, Vec<Ident>)| match columns.as_slice() {
        _ if membership => quote(name).into_owned(),
        [] => name.to_string(),
        columns => format!("{name} ({})", idents(columns)),
    };
    let option = if membership { "ADMIN OPTION" } else { "GRANT OPTION" };
    let on = grant_objects(&grant.on);
    let roles = join(&grant.roles, role);
    let privileges = join(&grant.privileges, privilege);
    let head = default_privileges(&grant.on);
    if grant.grant {
        format!("{head}GRANT {privileges}{on} TO {roles}{}", with_options(grant, option))
    } else {
        let option = match &grant.on {
            GrantObjects::Membership(MembershipOptions { inherit: Some(_), .. }) => "INHERIT OPTION FOR ".into(),
            GrantObjects::Membership(MembershipOptions { set: Some(_), .. }) => "SET OPTION FOR ".into(),
            _ if grant.grant_option => format!("{option} FOR "),
            _ => String::new(),
        };
        format!("{head}REVOKE {option}{privileges}{on} FROM {roles}{}", when(grant.cascade, " CASCADE"))
    }
}

/// What a grant gives besides. More than `ADMIN OPTION` there is since PostgreSQL 16, which has another grammar for it.
fn with_options(grant: &Grant, option: &str) -> String {
    let options = match &grant.on {
        GrantObjects::Membership(options) if *options != MembershipOptions::default() => options,
        _ if grant.grant_option => return format!(" WITH {option}"),
        _ => return String::new(),
    };
    let value = |name: &str, value: bool| format!("{name} {}", if value { "TRUE" } else { "FALSE" });
    let admin = grant.grant_option.then(|| value("ADMIN", true));
    let all = [admin, options.inherit.map(|on| value("INHERIT", on)), options.set.map(|on| value("SET", on))];
    format!(" WITH {}", all.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn sequence_option_list(options: &SequenceOptions) -> Vec<String> {
    let SequenceOptions { name, data_type, increment, min, max, start, restart, cache, cycle, owned_by } = options;
    let limit = |word: &str, limit: Option<i64>| limit.map_or(format!("NO {word}"), |limit| format!("{word} {limit}"));
    [
        name.as_ref().map(|name| format!("SEQUENCE NAME {}", qname(name))),
        data_type.as_ref().map(|data_type| format!("AS {}", type_text(data_type))),
        increment.map(|increment| format!("INCREMENT BY {increment}")),
        min.map(|min| limit("MINVALUE", min)),
        max.map(|max| limit("MAXVALUE", max)),
        start.map(|start| format!("START WITH {start}")),
        restart.map(|restart| restart.map_or("RESTART".into(), |restart| format!("RESTART WITH {restart}"))),
        cache.map(|cache| format!("CACHE {cache}")),
        cycle.map(|cycle| if cycle { "CYCLE".into() } else { "NO CYCLE".into() }),
        owned_by.as_ref().map(|owner| match owner {
            Some((table, column)) => format!("OWNED BY {}.{}", qname(table), quote(column)),
            None => "OWNED BY NONE".into(),
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn attribute(name: &Ident, data_type: &TypeName, collation: Option<&QName>, word: &str) -> String {
    let collation = collation.map(|collation| format!(" COLLATE {}", qname(collation))).unwrap_or_default();
    format!("{}{word} {}{collation}", quote(name), type_text(data_type))
}

fn domain_check(check: &DomainCheck) -> String {
    let name = check.name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name))).unwrap_or_default();
    format!("{name}CHECK ({}){}", check.expr.sql, when(check.not_valid, " NOT VALID"))
}

fn parameter(parameter: &Parameter) -> String {
    let mode = match parameter.mode {
        ParameterMode::In | ParameterMode::Table => "",
        ParameterMode::Out => "OUT ",
        ParameterMode::InOut => "INOUT ",
        ParameterMode::Variadic => "VARIADIC ",
    };
    let name = parameter.name.as_ref().map(|name| format!("{} ", quote(name))).unwrap_or_default();
    let default = parameter.default.as_ref().map(|default| format!(" DEFAULT {}", default.sql)).unwrap_or_default();
    format!("{mode}{name}{}{default}", type_text(&parameter.data_type))
}

fn routine_options(routine: &Routine) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(transform) = &routine.transform {
        let has_word = transform.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("TRANSFORM"));
        options.push(format!("{}{transform}", when(!has_word, "TRANSFORM ")));
    }
    match routine.volatility {
        Volatility::Immutable => options.push("IMMUTABLE".into()),
        Volatility::Stable => options.push("STABLE".into()),
        Volatility::Volatile => {}
    }
    let flags = [
        (routine.window, "WINDOW"),
        (routine.strict, "STRICT"),
        (routine.security_definer, "SECURITY DEFINER"),
        (routine.leakproof, "LEAKPROOF"),
    ];
    options.extend(flags.iter().filter(|(set, _)| *set).map(|(_, word)| String::from(*word)));
    if routine.parallel != "UNSAFE" && !routine.parallel.is_empty() {
        options.push(format!("PARALLEL {}", routine.parallel));
    }
    options.extend(routine.cost.as_ref().map(|cost| format!("COST {cost}")));
    options.extend(routine.rows.as_ref().map(|rows| format!("ROWS {rows}")));
    options.extend(routine.support.as_ref().map(|support| format!("SUPPORT {}", qname(support))));
    options.extend(routine.settings.iter().map(setting));
    options
}

/// An option of `ALTER FUNCTION`.
pub fn routine_option(option: &RoutineOption) -> String {
    match option {
        RoutineOption::Volatility(Volatility::Immutable) => "IMMUTABLE".into(),
        RoutineOption::Volatility(Volatility::Stable) => "STABLE".into(),
        RoutineOption::Volatility(Volatility::Volatile) => "VOLATILE".into(),
        RoutineOption::Strict(true) => "STRICT".into(),
        RoutineOption::Strict(false) => "CALLED ON NULL INPUT".into(),
        RoutineOption::SecurityDefiner(definer) => format!("SECURITY {}", if *definer { "DEFINER" } else { "INVOKER" }),
        RoutineOption::Leakproof(leakproof) => format!("{}LEAKPROOF", when(!leakproof, "NOT ")),
        RoutineOption::Parallel(parallel) => format!("PARALLEL {parallel}"),
        RoutineOption::Cost(cost) => format!("COST {cost}"),
        RoutineOption::Rows(rows) => format!("ROWS {rows}"),
        RoutineOption::Support(support) => format!("SUPPORT {}", qname(support)),
        RoutineOption::Set(name, value) => setting(&(name.clone(), value.clone())),
        RoutineOption::Reset(Some(name)) => format!("RESET {}", name.split('.').map(quote).collect::<Vec<_>>().join(".")),
        RoutineOption::Reset(None) => "RESET ALL".into(),
    }
}

fn setting((name, value): &(Ident, String)) -> String {
    let name = name.split('.').map(quote).collect::<Vec<_>>().join(".");
    if value.eq_ignore_ascii_case("FROM CURRENT") { format!("SET {name} FROM CURRENT") } else { format!("SET {name} TO {value}") }
}

fn routine_body(body: &RoutineBody) -> String {
    match body {
        RoutineBody::Text(text) => format!("\n    AS {}", dollar(text)),
        RoutineBody::Library(file, None) => format!("\n    AS {}", literal(file)),
        RoutineBody::Library(file, Some(symbol)) => format!("\n    AS {}, {}", literal(file), literal(symbol)),
        RoutineBody::Sql(query) => format!("\n    {}", query.text.sql),
        RoutineBody::Aggregate(options) => format!(" ({options})"),
    }
}

fn grant_objects(on: &GrantObjects) -> String {
    match on {
        GrantObjects::Named(kind, names) => format!(" ON {} {}", grant_kind(*kind), qnames(names)),
        GrantObjects::Routines(kind, signatures) => {
            format!(" ON {} {}", kind_words(*kind), join(signatures, |of| signature(*kind, of)))
        }
        GrantObjects::AllIn(kind, schemas) => format!(" ON ALL {} IN SCHEMA {}", plural(*kind), idents(schemas)),
        GrantObjects::Membership(_) | GrantObjects::Inheritance => String::new(),
        GrantObjects::Default { kind, .. } => format!(" ON {}", plural(*kind)),
    }
}

fn default_privileges(on: &GrantObjects) -> String {
    let GrantObjects::Default { schemas, owners, .. } = on else { return String::new() };
    let mut sql = String::from("ALTER DEFAULT PRIVILEGES ");
    if !owners.is_empty() {
        sql += &format!("FOR ROLE {} ", join(owners, role));
    }
    if !schemas.is_empty() {
        sql += &format!("IN SCHEMA {} ", idents(schemas));
    }
    sql
}

/// The kind as `GRANT` says it: views and foreign tables go as tables.
fn grant_kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => "TABLE",
        ObjectKind::Other => "LANGUAGE",
        kind => kind_words(kind),
    }
}

fn plural(kind: ObjectKind) -> String {
    format!("{}S", grant_kind(kind))
}
