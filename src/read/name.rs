//! Taking file names apart, and comparing the numbers in them.

use std::cmp::Ordering;

/// The digits at the start and the rest, if there is a digit.
pub(super) fn leading_number(name: &str) -> Option<(&str, &str)> {
    let end = name.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(name.len());
    (end > 0).then(|| name.split_at(end))
}

/// Compares digit strings of any length by value.
pub(super) fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Compares names so that runs of digits count as numbers: `2_b` before `10_a`.
pub(super) fn compare_naturally(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        match (leading_number(rest_a), leading_number(rest_b)) {
            (Some((number_a, after_a)), Some((number_b, after_b))) => match compare_numbers(number_a, number_b) {
                Ordering::Equal => (rest_a, rest_b) = (after_a, after_b),
                unequal => return unequal,
            },
            _ => match (rest_a.chars().next(), rest_b.chars().next()) {
                (Some(char_a), Some(char_b)) if char_a == char_b => {
                    (rest_a, rest_b) = (&rest_a[char_a.len_utf8()..], &rest_b[char_b.len_utf8()..]);
                }
                // Equal but for leading zeros: the plain order decides, so that the result is one order.
                (None, None) => return a.cmp(b),
                (char_a, char_b) => return char_a.cmp(&char_b),
            },
        }
    }
}

/// The name without its ending, whose case does not matter.
pub(super) fn strip_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(ending.len())?;
    (name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(ending)).then(|| &name[..at])
}

/// Whether the file is SQL by its name.
pub(super) fn is_sql(name: &str) -> bool {
    strip_ending(name, ".sql").is_some()
}

/// The text after a prefix whose case does not matter.
pub(super) fn strip_prefix_folded<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Where `needle`, in ASCII, is first found in `text`, case aside.
pub(super) fn find_folded(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order() {
        let mut names = ["10_a", "2_b", "V1_10", "V1_9", "002_c", "20240101000000_x", "1"];
        names.sort_by(|a, b| compare_naturally(a, b));
        assert_eq!(names, ["1", "2_b", "002_c", "10_a", "20240101000000_x", "V1_9", "V1_10"]);
    }

    #[test]
    fn folded() {
        assert_eq!(find_folded("create INDEX Concurrently", "concurrently"), Some(13));
        assert_eq!(strip_ending("aé.SQL", ".sql"), Some("aé"));
        assert_eq!(strip_prefix_folded("é", "ab"), None);
    }
}
