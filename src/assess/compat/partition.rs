//! The bounds of partitions: which rows find a place below a parent, and what a bound demands of rows that are written to
//! the partition itself.

use super::surface::normal_text;
use crate::catalog::{Catalog, Dependency, Dependent, Name, Table};
use crate::change::Expr;
use std::cmp::Ordering;

/// The partitions of a table with their bounds, made comparable.
pub(super) fn bounds(catalog: &Catalog, parent: &Name) -> Vec<(Name, String)> {
    let on = Dependency::Relation(parent.clone());
    let partition = |dependent: &Dependent| match dependent {
        Dependent::Relation(child) => catalog.table(child).and_then(|table| match &table.partition_of {
            Some((found, bound)) if found == parent => Some((child.clone(), normal_text(bound))),
            _ => None,
        }),
        _ => None,
    };
    catalog.dependents(&on).filter_map(partition).collect()
}

/// Whether every row that fits `bound` fits one of the others.
pub(super) fn covered<'b>(bound: &str, others: impl Iterator<Item = &'b str>) -> bool {
    let others: Vec<&str> = others.collect();
    if others.iter().any(|other| *other == bound || *other == "default") {
        return true;
    }
    match bound_of_text(bound) {
        Some(Bound::List(values)) => {
            let has = |value: &String| {
                others.iter().any(|other| matches!(bound_of_text(other), Some(Bound::List(list)) if list.contains(value)))
            };
            values.iter().all(has)
        }
        Some(Bound::Range(from, to)) => range_covered(&from, &to, &others),
        // A default partition takes what the others leave.
        None => false,
    }
}

/// Whether ranges that follow each other without a gap reach from one end to the other.
fn range_covered(from: &str, to: &str, others: &[&str]) -> bool {
    let mut reached = from.to_owned();
    for _ in 0..=others.len() {
        if at_least(&reached, to) {
            return true;
        }
        let next = others.iter().filter_map(|other| match bound_of_text(other) {
            Some(Bound::Range(low, high)) if at_least(&reached, &low) && !at_least(&reached, &high) => Some(high),
            _ => None,
        });
        match next.max_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal)) {
            Some(high) => reached = high,
            None => return false,
        }
    }
    false
}

fn at_least(a: &str, b: &str) -> bool {
    compare(a, b).is_some_and(Ordering::is_ge)
}

/// Two ends of ranges, where their order is certain: numbers, and dates as they are usually written.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    let end = |text: &str| match text {
        "minvalue" => Some(Ordering::Less),
        "maxvalue" => Some(Ordering::Greater),
        _ => None,
    };
    match (end(a), end(b)) {
        (Some(order), _) => return Some(order),
        (None, Some(order)) => return Some(order.reverse()),
        (None, None) => {}
    }
    let (a, b) = (a.trim_matches('\''), b.trim_matches('\''));
    if let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) {
        return a.partial_cmp(&b);
    }
    let dated = |text: &str| text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' && text.is_ascii();
    (dated(a) && dated(b) && (a.len() == b.len() || a[..10] != b[..10])).then(|| a.cmp(b))
}

enum Bound {
    List(Vec<String>),
    /// Of one column.
    Range(String, String),
}

fn bound_of_text(text: &str) -> Option<Bound> {
    let rest = text.strip_prefix("for values")?.trim_start();
    if let Some(list) = rest.strip_prefix("in") {
        return Some(Bound::List(items(list)?));
    }
    let (from, to) = rest.strip_prefix("from")?.split_once(")to")?;
    let (from, to) = (items(&format!("{from})"))?, items(to)?);
    match (from.as_slice(), to.as_slice()) {
        ([from], [to]) => Some(Bound::Range(from.clone(), to.clone())),
        _ => None,
    }
}

/// The items of a list in parentheses, none of which holds a comma or parenthesis itself.
fn items(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    (!inner.contains(['(', ')'])).then(|| inner.split(',').map(|item| item.trim().to_owned()).collect())
}

/// What the bound of a partition demands of its rows, as a check; nothing where that is not simple.
pub(super) fn bound_of(table: &Table, catalog: &Catalog) -> Option<Expr> {
    let (parent, bound) = table.partition_of.as_ref()?;
    condition(catalog.table(parent)?, &normal_text(bound))
}

/// The same for a bound below that parent.
pub(super) fn condition(parent: &Table, bound: &str) -> Option<Expr> {
    let key = parent.partition_by.as_ref()?.keys.sql.trim();
    let key = key.strip_prefix('(')?.strip_suffix(')')?.trim();
    if key.is_empty() || key.contains([',', '(', ' ']) {
        return None;
    }
    let text = match bound_of_text(bound)? {
        Bound::List(values) => format!("{key} IN ({})", values.join(", ")),
        Bound::Range(from, to) => {
            let low = (from != "minvalue").then(|| format!("{key} >= {from}"));
            let high = (to != "maxvalue").then(|| format!("{key} < {to}"));
            low.into_iter().chain(high).collect::<Vec<_>>().join(" AND ")
        }
    };
    Some(Expr::plain(text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::covered;

    #[test]
    fn bounds_cover_others() {
        let range = |from: &str, to: &str| format!("for values from({from})to({to})");
        let (a, b) = (range("'2020-01-01'", "'2021-01-01'"), range("'2021-01-01'", "'2022-01-01'"));
        let both = range("'2020-01-01'", "'2022-01-01'");
        assert!(covered(&a, [both.as_str()].into_iter()));
        assert!(covered(&both, [a.as_str(), b.as_str()].into_iter()));
        assert!(!covered(&both, [a.as_str()].into_iter()));
        assert!(covered(&range("10", "20"), [range("5", "15").as_str(), range("15", "maxvalue").as_str()].into_iter()));
        assert!(covered("for values in('a','b')", ["for values in('b')", "for values in('a','c')"].into_iter()));
        assert!(!covered("for values in('a','b')", ["for values in('a')"].into_iter()));
        assert!(covered(&a, ["default"].into_iter()));
    }
}
