//! What expressions come to over rows that are half known.

use super::*;
use crate::assess::compat::condition::parse;

fn truth(row: &[(&str, Value)], sql: &str) -> Truths {
    let columns = row.iter().map(|(name, value)| (Ident::from(*name), value.clone())).collect();
    Row { columns: &columns, holds: &|_| false }.truth(&parse(sql).expect("an expression"))
}

#[test]
fn nulls_and_constants_decide() {
    let row = [
        ("n", Value::Null),
        ("s", Value::Some),
        ("zero", Value::Number(0.0)),
        ("kind", Value::Text("open".into())),
        ("no", Value::Bool(false)),
    ];
    for (sql, expected) in [
        ("n IS NULL OR n >= s", Truths::TRUE),
        ("n >= s", Truths::NULL),
        ("s > 1", Truths::EITHER),
        ("other > 1", Truths::ALL),
        ("num_nonnulls(s, n) = 1", Truths::TRUE),
        ("num_nulls(n, n) IN (0, 2)", Truths::TRUE),
        ("num_nonnulls(s, other) = 1", Truths::EITHER),
        ("(n IS NULL) = (s IS NULL)", Truths::FALSE),
        ("(n IS NULL) <> (s IS NULL)", Truths::TRUE),
        ("zero > 0", Truths::FALSE),
        ("zero BETWEEN -1 AND 1", Truths::TRUE),
        ("zero - 1 < 0 AND -zero >= 0", Truths::TRUE),
        ("kind IN ('open', 'done')", Truths::TRUE),
        ("kind = ANY (ARRAY['a'::text, 'b'::text])", Truths::FALSE),
        ("kind <> ALL (ARRAY['a', 'b'])", Truths::TRUE),
        ("kind NOT IN ('open', NULL)", Truths::FALSE),
        ("kind NOT IN ('x', NULL)", Truths::NULL),
        ("kind < 'z'", Truths::EITHER),
        ("char_length(kind) <= 4", Truths::TRUE),
        ("kind ~ '^o'", Truths::EITHER),
        ("n ~ '^o'", Truths::NULL),
        ("no", Truths::FALSE),
        ("NOT no OR n", Truths::TRUE),
        ("no IS TRUE", Truths::FALSE),
        ("coalesce(n, zero) = 0", Truths::TRUE),
        ("coalesce(n, s) IS NOT NULL", Truths::TRUE),
        ("coalesce(other, s) IS NOT NULL", Truths::TRUE),
        ("coalesce(n, other) IS NOT NULL", Truths::EITHER),
        ("n IS DISTINCT FROM s", Truths::TRUE),
        ("n IS NOT DISTINCT FROM n", Truths::TRUE),
        ("CASE WHEN no THEN s > 1 ELSE n IS NULL END", Truths::TRUE),
        ("CASE WHEN n > 1 THEN s > 1 END", Truths::NULL),
        ("nullif(kind, 'open') IS NULL", Truths::TRUE),
        ("is_valid(n)", Truths::ALL),
        ("n = ANY (other)", Truths::ALL),
        ("n || s IS NULL", Truths::EITHER),
        ("(n, s) IS NULL", Truths::EITHER),
        ("s::date > n", Truths::NULL),
        ("kind::status = 'open'::status", Truths::TRUE),
    ] {
        assert_eq!(truth(&row, sql), expected, "{sql}");
    }
}

#[test]
fn what_holds_elsewhere_is_not_false() {
    let columns = BTreeMap::from([(Ident::from("a"), Value::Some), (Ident::from("n"), Value::Null)]);
    let holds = |ast: &Ast| ast.to_string() == "a > 0";
    let row = Row { columns: &columns, holds: &holds };
    let truth = |sql: &str| row.truth(&parse(sql).expect("an expression"));
    assert_eq!(truth("a > 0 AND n IS NULL"), Truths::TRUE);
    assert_eq!(truth("a > 1"), Truths::EITHER);
    assert_eq!(truth("NOT (a > 0)"), Truths::FALSE);
}
