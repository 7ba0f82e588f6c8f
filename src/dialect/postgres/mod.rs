//! PostgreSQL 12 to 18: every fact about it that judging needs, one kind of fact in each file.

mod app_errors;
mod cast;
mod default;
mod errors;
mod impact;
mod locks;
mod names;
mod publication;
mod system;
mod types;
mod volatility;
mod write;

use super::{
    AppError, AutomaticName, Batched, Cast, Conversion, Dialect, Impact, ImpactContext, Keep, Published, ServerError,
    ServerVersion, Usual,
};
use crate::catalog::{Catalog, CommentKey, Name, Problem, Schema, Table};
use crate::change::{Change, Expr, Ident, ObjectKind, QName, TypeName};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// PostgreSQL.
#[derive(Debug, Clone, Copy, Default)]
pub struct Postgres;

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn in_nested_trigger(&self) -> &'static str {
        "pg_trigger_depth() > 1"
    }

    fn versions(&self) -> RangeInclusive<u16> {
        12..=18
    }

    fn usual_version(&self) -> ServerVersion {
        ServerVersion { major: 16, minor: 0 }
    }

    fn empty_catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        let privileges = [(("public".into(), "USAGE".into()), Vec::new())].into_iter().collect();
        catalog.schemas.insert("public".into(), Arc::new(Schema { owner: None, privileges }));
        let public = CommentKey { kind: ObjectKind::Schema, name: Name::new("", "public"), member: None };
        catalog.comments.insert(public, "standard public schema".into());
        catalog.system_schemas = &["pg_catalog", "information_schema", "pg_toast", "pg_temp"];
        catalog.session.search_path = vec!["public".into()];
        catalog
    }

    fn automatic_name(&self, table: &str, parts: &[&str], kind: AutomaticName, taken: &dyn Fn(&str) -> bool) -> Ident {
        names::automatic_name(table, parts, kind, taken)
    }

    fn next_value(&self, sequence: &Name) -> Expr {
        names::next_value(sequence)
    }

    fn quote<'a>(&self, ident: &'a str) -> Cow<'a, str> {
        write::quote(ident)
    }

    fn type_text(&self, data_type: &TypeName) -> String {
        write::type_text(data_type)
    }

    fn write(&self, change: &Change) -> String {
        write::write(change)
    }

    fn batched(&self, work: &Batched<'_>) -> String {
        write::batched(work)
    }

    fn delete_rows(&self, table: &Name, columns: &[Ident], rows: &[Vec<Expr>]) -> Change {
        write::delete_rows(table, columns, rows)
    }

    fn replace_value(&self, table: &Name, column: &Ident, now: &Expr, to: &Expr) -> Change {
        write::replace_value(table, column, now, to)
    }

    fn lock_alone(&self, tables: &[Name]) -> Change {
        write::lock_alone(tables)
    }

    fn keep(&self, keep: &Keep) -> Change {
        write::keep(keep)
    }

    fn put_back(&self, keep: &Keep) -> Change {
        write::put_back(keep)
    }

    fn is_harmless(&self, function: &QName) -> bool {
        system::is_harmless(function)
    }

    fn uses_labels_of_new_types(&self, version: ServerVersion) -> bool {
        version.major >= 17
    }

    fn raise(&self, message: &str) -> String {
        write::raise(message)
    }

    fn is_system_name(&self, name: &str) -> bool {
        system::is_system_name(name)
    }

    fn brings_extension(&self, name: &str) -> bool {
        name == "plpgsql"
    }

    fn is_system_column(&self, name: &str) -> bool {
        system::is_system_column(name)
    }

    fn default_problem(&self, column: &str, default: &Expr, data_type: &TypeName, catalog: &Catalog) -> Option<Problem> {
        default::problem(column, default, data_type, catalog)
    }

    fn call_type(&self, function: &QName, arguments: u16) -> Option<TypeName> {
        system::call_type(function, arguments)
    }

    fn all_privileges(&self, kind: ObjectKind) -> &'static [&'static str] {
        system::all_privileges(kind)
    }

    fn preamble(&self) -> Vec<Change> {
        vec![Change::Set { name: "check_function_bodies".into(), value: Some(vec!["off".into()]), local: false }]
    }

    fn stands_alone(&self, kind: ObjectKind, words: &str) -> bool {
        system::stands_alone(kind, words)
    }

    fn conversion(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion {
        types::conversion(from, to, catalog)
    }

    fn equates(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
        types::equates(from, to, catalog)
    }

    fn compares_otherwise(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
        types::compares_otherwise(from, to, catalog)
    }

    fn cast(&self, column: &str, from: &TypeName, to: &TypeName, catalog: &Catalog) -> Cast {
        cast::cast(column, from, to, catalog)
    }

    fn usual(&self) -> Usual {
        Usual { tablespace: "pg_default", access_method: "heap", compression: "default" }
    }

    fn usual_storage(&self, data_type: &TypeName, catalog: &Catalog) -> Ident {
        cast::usual_storage(data_type, catalog)
    }

    fn problem(&self, problem: &Problem, change: &Change) -> ServerError {
        errors::problem(problem, change)
    }

    fn assigns(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
        types::assigns(from, to, catalog)
    }

    fn may_reference(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
        types::may_reference(from, to, catalog)
    }

    fn passes_as(&self, from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
        types::passes_as(from, to, catalog)
    }

    fn without(&self, kind: ObjectKind, words: &str) -> Option<AppError> {
        app_errors::without(kind, words)
    }

    fn is_deterministic(&self, collation: &QName, catalog: &Catalog) -> bool {
        types::is_deterministic(collation, catalog)
    }

    fn published(&self, table: &Table, catalog: &Catalog) -> Published {
        publication::published(table, catalog)
    }

    fn app_error(&self, error: &AppError) -> ServerError {
        app_errors::app_error(error)
    }

    fn is_volatile(&self, expr: &Expr, catalog: &Catalog) -> bool {
        volatility::is_volatile(expr, catalog)
    }

    fn impact(&self, change: &Change, context: &ImpactContext<'_>) -> Impact {
        impact::impact(change, context)
    }
}
