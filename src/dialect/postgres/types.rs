//! What becomes of values when a column's type changes.

use crate::catalog::{Catalog, Name, UserTypeShape};
use crate::change::{Ident, ObjectKind, QName, TypeName, TypeShape};
use crate::dialect::{Conversion, Fit};
use std::cmp::Ordering;
use std::sync::Arc;

/// The conversion between two types of a column.
pub(super) fn conversion(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion {
    if from == to {
        return Conversion {
            old_values: Fit::All,
            new_values: Fit::All,
            old_reads: true,
            new_reads: true,
            rewrite: false,
            lossy: false,
        };
    }
    if from.dimensions > 0 || to.dimensions > 0 {
        return of_arrays(from, to, catalog);
    }
    let checked = refuses(to, catalog) && !includes(from, to, catalog);
    let unchecked = refuses(from, catalog) && !includes(to, from, catalog);
    let (base_from, base_to) = (base(from, catalog), base(to, catalog));
    let mut found = match base_from == base_to {
        true => Conversion {
            old_values: Fit::All,
            new_values: Fit::All,
            old_reads: true,
            new_reads: true,
            rewrite: false,
            lossy: false,
        },
        false => of_bases(&base_from, &base_to, catalog),
    };
    // A domain refuses values that its base takes.
    if checked {
        found.old_values = found.old_values.max_with(Fit::Malformed);
        found.rewrite = true;
    }
    if unchecked {
        found.new_values = found.new_values.max_with(Fit::Malformed);
    }
    found
}

/// Whether values that differ as the one type may be equal as the other: rounded, cut off, or compared without regard to case.
pub(super) fn equates(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    folds(to, catalog) && !folds(from, catalog) || conversion(from, to, catalog).old_values == Fit::Altered
}

/// Whether texts under a collation are equal only where they are the same: unless it was made `deterministic = false`.
pub(super) fn is_deterministic(collation: &QName, catalog: &Catalog) -> bool {
    let schemas = match &collation.schema {
        Some(schema) => std::slice::from_ref(schema),
        None => catalog.session.search_path.as_slice(),
    };
    let known = |schema: &Ident| {
        let name = Name { schema: schema.clone(), name: collation.name.clone() };
        catalog.others.get(&(ObjectKind::Collation, name.to_string()))
    };
    let says = |statement: &std::sync::Arc<str>| {
        let words = super::impact::words(statement);
        words.windows(3).any(|three| three[0].eq_ignore_ascii_case("deterministic") && three[2].eq_ignore_ascii_case("false"))
    };
    !schemas.iter().find_map(known).is_some_and(|own| own.statements.iter().any(says))
}

/// Whether texts of the one type are compared and ordered otherwise than those of the other: with regard to case, or without.
pub(super) fn compares_otherwise(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    folds(from, catalog) != folds(to, catalog)
}

/// Whether its values are compared without regard to case.
fn folds(it: &TypeName, catalog: &Catalog) -> bool {
    base(it, catalog).name.as_str() == "citext"
}

/// Whether indexes on a column of the one type serve the other as they are.
pub(super) fn same_operators(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    let (from, to) = (base(from, catalog), base(to, catalog));
    let family = |data_type: &TypeName| match data_type.name.as_str() {
        "character varying" => "text".to_owned(),
        "cidr" => "inet".to_owned(),
        name => name.to_owned(),
    };
    from.dimensions == to.dimensions && family(&from) == family(&to)
}

/// The definition of a type of one's own.
pub(super) fn domain<'a>(data_type: &TypeName, catalog: &'a Catalog) -> Option<&'a UserTypeShape> {
    if data_type.dimensions > 0 {
        return None;
    }
    let name = catalog.resolve_type(&data_type.qname())?;
    catalog.types.get(&name).map(|found| &found.shape)
}

/// The type below all domains.
pub(super) fn base(data_type: &TypeName, catalog: &Catalog) -> TypeName {
    match domain(data_type, catalog) {
        Some(UserTypeShape::Domain(found)) => base(&found.data_type, catalog),
        Some(UserTypeShape::Type(_)) | None => data_type.clone(),
    }
}

fn refuses(data_type: &TypeName, catalog: &Catalog) -> bool {
    match domain(data_type, catalog) {
        Some(UserTypeShape::Domain(found)) => found.not_null || !found.checks.is_empty() || refuses(&found.data_type, catalog),
        Some(UserTypeShape::Type(_)) | None => false,
    }
}

/// Whether every value of the first is one of the second because it is a domain over it.
fn includes(inner: &TypeName, outer: &TypeName, catalog: &Catalog) -> bool {
    inner == outer
        || match domain(inner, catalog) {
            Some(UserTypeShape::Domain(found)) => includes(&found.data_type, outer, catalog),
            Some(UserTypeShape::Type(_)) | None => false,
        }
}

/// Element by element; the server writes every array anew.
fn of_arrays(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion {
    if (from.dimensions > 0) != (to.dimensions > 0) {
        return conversion_of(Fit::Mismatch, Fit::Mismatch, false, false, true, true);
    }
    let element = |of: &TypeName| TypeName { dimensions: 0, ..of.clone() };
    let found = conversion(&element(from), &element(to), catalog);
    // The number of brackets means nothing to the server.
    Conversion { rewrite: element(from) != element(to), ..found }
}

/// Whether the server casts a column's values by itself. Strings become nothing else without `USING`.
pub(super) fn assigns(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    // None of these is made of a value of another of these kinds without being asked for (`pg_cast`).
    const OTHERS: [&str; 6] = ["boolean", "uuid", "json", "jsonb", "bytea", "inet"];
    const TIMES: [&str; 6] = [
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
        "interval",
    ];
    let (from, to) = (base(from, catalog), base(to, catalog));
    let text = matches!(from.name.as_str(), "character varying" | "text" | "character");
    let is_enum = |of: &TypeName| matches!(domain(of, catalog), Some(UserTypeShape::Type(TypeShape::Enum(_))));
    let (number, time) = (|of: &TypeName| rank(&of.name).is_some(), |of: &TypeName| TIMES.contains(&of.name.as_str()));
    let own = |of: &TypeName| of.schema.is_some() || domain(of, catalog).is_some();
    let plain = |of: &TypeName| number(of) || time(of) || OTHERS.contains(&of.name.as_str());
    let to_plain = plain(&to) || matches!(to.name.as_str(), "cidr" | "money");
    let not_from_text = to_plain || to.dimensions > 0 || is_enum(&to);
    let not_from_plain = match plain(&to) && to.dimensions == 0 {
        true => {
            let json = |of: &TypeName| matches!(of.name.as_str(), "json" | "jsonb");
            let alike = number(&from) && number(&to) || time(&from) && time(&to) || json(&from) && json(&to);
            from.name != to.name && !alike
        }
        false => to.dimensions > 0 || is_enum(&to),
    };
    let enums = is_enum(&from) && is_enum(&to) && from != to;
    let never = text && not_from_text || !own(&from) && plain(&from) && not_from_plain || enums && to.dimensions == 0;
    !(from.dimensions == 0 && (to.dimensions > 0 || !own(&to) || is_enum(&to)) && never)
}

/// Whether values of the one type are compared with those of the other, which they refer to. Of types that are not known it is not
/// said.
pub(super) fn may_reference(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    const KNOWN: [&str; 14] = [
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "text",
        "character varying",
        "character",
        "uuid",
        "boolean",
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
    ];
    let (own, target) = (base(from, catalog), base(to, catalog));
    let is_known = |of: &TypeName| of.dimensions == 0 && KNOWN.contains(&of.name.as_str());
    if !is_known(&own) || !is_known(&target) {
        return true;
    }
    let whole = |of: &TypeName| matches!(of.name.as_str(), "smallint" | "integer" | "bigint");
    let float = |of: &TypeName| matches!(of.name.as_str(), "real" | "double precision");
    let moment = |of: &TypeName| of.name == "date" || of.name.starts_with("timestamp");
    let both = |is: &dyn Fn(&TypeName) -> bool| is(&own) && is(&target);
    passes_as(&own, &target, catalog) || both(&whole) || both(&float) || both(&moment)
}

/// Whether a value of the one type is taken for one of the other without a cast being written.
pub(super) fn passes_as(from: &TypeName, to: &TypeName, catalog: &Catalog) -> bool {
    let (from, to) = (base(from, catalog), base(to, catalog));
    let numbers = rank(&from.name).zip(rank(&to.name)).is_some_and(|(from, to)| from <= to);
    let text = |it: &TypeName| matches!(it.name.as_str(), "character varying" | "text" | "character" | "name");
    let times = |it: &TypeName| match it.name.as_str() {
        "date" => Some(0),
        "timestamp without time zone" => Some(1),
        "timestamp with time zone" => Some(2),
        _ => None,
    };
    let moments = times(&from).zip(times(&to)).is_some_and(|(from, to)| from <= to);
    from.dimensions == to.dimensions
        && (from.name == to.name
            || (from.dimensions == 0
                && (numbers || moments || (text(&from) && text(&to)) || from.name == "cidr" && to.name == "inet")))
}

fn conversion_of(old_values: Fit, new_values: Fit, old_reads: bool, new_reads: bool, rewrite: bool, lossy: bool) -> Conversion {
    Conversion { old_values, new_values, old_reads, new_reads, rewrite, lossy }
}

fn of_bases(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion {
    let strings = |it: &TypeName| matches!(it.name.as_str(), "character varying" | "text");
    let numbers = |it: &TypeName| rank(&it.name).is_some();
    match (from.name.as_str(), to.name.as_str()) {
        _ if strings(from) && strings(to) => limited(length(from), length(to)),
        ("character", "character") => {
            let mut found = limited(Some(length(from).unwrap_or(1)), Some(length(to).unwrap_or(1)));
            // Padded to the new length.
            found.rewrite = true;
            found
        }
        ("character", _) if strings(to) => {
            Conversion { rewrite: true, lossy: true, ..limited(Some(length(from).unwrap_or(1)), length(to)) }
        }
        (_, "character") if strings(from) => {
            let found = limited(length(from), Some(length(to).unwrap_or(1)));
            Conversion { rewrite: true, lossy: true, ..found }
        }
        ("bit varying", "bit varying") => limited(length(from), length(to)),
        ("bit", "bit") => conversion_of(Fit::Overflow, Fit::Overflow, true, true, true, true),
        ("numeric", "numeric") => numerics(from, to),
        _ if numbers(from) && numbers(to) => of_numbers(from, to),
        ("timestamp without time zone", "timestamp without time zone")
        | ("timestamp with time zone", "timestamp with time zone")
        | ("time without time zone", "time without time zone")
        | ("time with time zone", "time with time zone") => precision(from, to),
        ("interval", "interval") => interval(from, to),
        ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone") => {
            let shorter = precision(from, to).rewrite;
            let utc = time_zone_is_utc(catalog);
            // In a zone of its own rules an hour a year comes twice.
            let moves = shorter || !utc;
            conversion_of(Fit::Altered, Fit::Altered, false, false, moves, moves)
        }
        ("date", "timestamp without time zone" | "timestamp with time zone") => {
            conversion_of(Fit::All, Fit::Altered, false, false, true, false)
        }
        ("timestamp without time zone" | "timestamp with time zone", "date") => {
            conversion_of(Fit::Altered, Fit::All, false, false, true, true)
        }
        // Both read and write the same; but the operators of jsonb (containment, existence) are not there for json.
        ("json", "jsonb") => conversion_of(Fit::All, Fit::All, true, false, true, true),
        ("jsonb", "json") => conversion_of(Fit::All, Fit::All, false, true, true, false),
        ("citext", "citext") => conversion_of(Fit::All, Fit::All, true, true, false, false),
        ("citext", _) if strings(to) => limited(None, length(to)),
        (_, "citext") if strings(from) => limited(length(from), None),
        ("xml", _) if strings(to) && length(to).is_none() => conversion_of(Fit::All, Fit::Malformed, false, false, false, false),
        ("cidr", "inet") => conversion_of(Fit::All, Fit::Malformed, false, false, false, false),
        ("inet", "cidr") => conversion_of(Fit::Malformed, Fit::All, false, false, true, true),
        _ => others(from, to, catalog),
    }
}

/// Strings and bit strings of at most so many characters.
fn limited(from: Option<u32>, to: Option<u32>) -> Conversion {
    match (from, to) {
        (_, None) if from.is_none() => conversion_of(Fit::All, Fit::All, true, true, false, false),
        (Some(_), None) => conversion_of(Fit::All, Fit::Overflow, true, true, false, false),
        (None, Some(_)) => conversion_of(Fit::Overflow, Fit::All, true, true, true, true),
        (Some(old), Some(new)) => match old.cmp(&new) {
            Ordering::Equal => conversion_of(Fit::All, Fit::All, true, true, false, false),
            Ordering::Less => conversion_of(Fit::All, Fit::Overflow, true, true, false, false),
            Ordering::Greater => conversion_of(Fit::Overflow, Fit::All, true, true, true, true),
        },
        (None, None) => conversion_of(Fit::All, Fit::All, true, true, false, false),
    }
}

fn length(data_type: &TypeName) -> Option<u32> {
    data_type.modifiers.first().and_then(|length| length.parse().ok())
}

/// The numeric types in the order in which each holds the values of those before it, to its precision.
fn rank(name: &str) -> Option<u8> {
    Some(match name {
        "smallint" => 0,
        "integer" => 1,
        "bigint" => 2,
        "numeric" => 3,
        "real" => 4,
        "double precision" => 5,
        _ => return None,
    })
}

/// How many digits the greatest `smallint`, `integer` and `bigint` have.
const INTEGER_DIGITS: [i64; 3] = [5, 10, 19];

fn of_numbers(from: &TypeName, to: &TypeName) -> Conversion {
    let rank = |it: &TypeName| rank(&it.name).unwrap_or(0);
    let one_way = |from: &TypeName, to: &TypeName| match (rank(from), rank(to)) {
        (from, to) if from < to && to <= 2 => Fit::All,
        // A limit of digits may be lower than the integer's range.
        (integer @ 0..=2, 3) => match digits(to) {
            Some((before, _)) if before < INTEGER_DIGITS[usize::from(integer)] => Fit::Overflow,
            Some(_) | None => Fit::All,
        },
        (3, integer @ 0..=2) => match digits(from) {
            Some((before, scale)) if before < INTEGER_DIGITS[usize::from(integer)] => {
                if scale > 0 {
                    Fit::Altered
                } else {
                    Fit::All
                }
            }
            Some(_) | None => Fit::Overflow,
        },
        (0, 4) | (0 | 1, 5) | (4, 5) => Fit::All,
        (_, 4 | 5) => {
            if rank(from) == 5 {
                Fit::Overflow
            } else {
                Fit::Altered
            }
        }
        (4 | 5, 3) => {
            if to.modifiers.is_empty() {
                Fit::Altered
            } else {
                Fit::Overflow
            }
        }
        _ => Fit::Overflow,
    };
    let lossless = one_way(from, to) == Fit::All;
    // A typed program decodes by the type, not by the value; an integer of a wider type may be beyond the narrower.
    let integers = rank(from) <= 2 && rank(to) <= 2;
    let floats = rank(from) >= 4 && rank(to) >= 4;
    let old_reads = (integers || floats) && rank(to) < rank(from);
    let new_reads = (integers || floats) && rank(from) < rank(to);
    conversion_of(one_way(from, to), one_way(to, from), old_reads, new_reads, true, !lossless)
}

/// Digits before and after the point.
fn digits(data_type: &TypeName) -> Option<(i64, i64)> {
    let precision: i64 = data_type.modifiers.first()?.parse().ok()?;
    let scale: i64 = data_type.modifiers.get(1).and_then(|scale| scale.parse().ok()).unwrap_or(0);
    Some((precision - scale, scale))
}

fn numerics(from: &TypeName, to: &TypeName) -> Conversion {
    let one_way = |from: Option<(i64, i64)>, to: Option<(i64, i64)>| match (from, to) {
        (_, None) => Fit::All,
        (None, Some(_)) => Fit::Overflow,
        (Some((old, old_scale)), Some((new, new_scale))) => {
            if old > new {
                Fit::Overflow
            } else if old_scale > new_scale {
                // Rounding up may need one digit more than there is.
                if old == new { Fit::Overflow } else { Fit::Altered }
            } else {
                Fit::All
            }
        }
    };
    let (old, new) = (digits(from), digits(to));
    let same_scale = old.map(|(_, scale)| scale) == new.map(|(_, scale)| scale);
    let wider = match (old, new) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((old, _)), Some((new, _))) => same_scale && new >= old,
    };
    let lossy = match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some((_, old)), Some((_, new))) => new < old,
    };
    conversion_of(one_way(old, new), one_way(new, old), true, true, !wider, lossy)
}

/// Digits of the second; six where nothing is said.
fn second_digits(data_type: &TypeName) -> u32 {
    data_type.modifiers.iter().rev().find_map(|modifier| modifier.parse().ok()).unwrap_or(6)
}

fn precision(from: &TypeName, to: &TypeName) -> Conversion {
    let one_way = |from: u32, to: u32| if to < from { Fit::Altered } else { Fit::All };
    let (old, new) = (second_digits(from), second_digits(to));
    conversion_of(one_way(old, new), one_way(new, old), true, true, new < old, new < old)
}

fn interval(from: &TypeName, to: &TypeName) -> Conversion {
    let fields = |it: &TypeName| it.modifiers.iter().find(|modifier| modifier.parse::<u32>().is_err()).cloned();
    let found = precision(from, to);
    // Fields that end at the second keep everything.
    let keeps = |fields: Option<smol_str::SmolStr>| fields.is_none_or(|fields| fields.to_ascii_lowercase().ends_with("second"));
    if keeps(fields(to)) && keeps(fields(from)) {
        return found;
    }
    let same = fields(from) == fields(to);
    let alters = |fields: Option<smol_str::SmolStr>, fit: Fit| if same || keeps(fields) { fit } else { Fit::Altered };
    Conversion {
        old_values: alters(fields(to), found.old_values),
        new_values: alters(fields(from), found.new_values),
        rewrite: found.rewrite || (!same && !keeps(fields(to))),
        lossy: found.lossy || (!same && !keeps(fields(to))),
        ..found
    }
}

fn time_zone_is_utc(catalog: &Catalog) -> bool {
    let zone = catalog.session.settings.get("timezone");
    zone.is_some_and(|zone| {
        matches!(zone.to_ascii_lowercase().as_str(), "utc" | "etc/utc" | "gmt" | "etc/gmt" | "zulu" | "etc/uct" | "uct")
    })
}

/// Types of different families, and those of one's own.
fn others(from: &TypeName, to: &TypeName, catalog: &Catalog) -> Conversion {
    let labels = |data_type: &TypeName| match domain(data_type, catalog) {
        Some(UserTypeShape::Type(TypeShape::Enum(labels))) => Some(labels.clone()),
        _ => None,
    };
    if let (Some(old), Some(new)) = (labels(from), labels(to)) {
        let within = |inner: &[Arc<str>], outer: &[Arc<str>]| inner.iter().all(|label| outer.contains(label));
        let fit = |all: bool| if all { Fit::All } else { Fit::Malformed };
        let (kept, known) = (within(&old, &new), within(&new, &old));
        return conversion_of(fit(kept), fit(known), known, kept, true, false);
    }
    let text = |it: &TypeName| matches!(it.name.as_str(), "character varying" | "text" | "character");
    let bounded = |it: &TypeName| length(it).is_some() || it.name == "character";
    if text(to) {
        let out = if bounded(to) { Fit::Overflow } else { Fit::All };
        return conversion_of(out, Fit::Malformed, false, false, true, false);
    }
    if text(from) {
        let back = if bounded(from) { Fit::Overflow } else { Fit::All };
        return conversion_of(Fit::Malformed, back, false, false, true, true);
    }
    // Types that share their bytes.
    let same_bytes = matches!((from.name.as_str(), to.name.as_str()), ("integer", "oid") | ("oid", "integer"));
    conversion_of(Fit::Mismatch, Fit::Mismatch, false, false, !same_bytes, true)
}

impl Fit {
    /// The worse of two.
    fn max_with(self, other: Fit) -> Fit {
        let rank = |fit: Fit| match fit {
            Fit::All => 0,
            Fit::Altered => 1,
            Fit::Overflow => 2,
            Fit::Malformed => 3,
            Fit::Mismatch => 4,
        };
        if rank(self) >= rank(other) { self } else { other }
    }
}
