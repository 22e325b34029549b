/// The name that was probably meant: the most similar one, if it is similar at all.
pub fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().take(MAX).collect();
    let limit = (wanted.len() / 3).max(2);
    let scored = names.into_iter().map(|name| {
        let other: Vec<char> = name.to_lowercase().chars().take(MAX).collect();
        (distance(&wanted, &other), name)
    });
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, name)| name)
}

/// Characters of a name that are compared.
const MAX: usize = 96;

/// Letters to insert, drop or exchange until one word is the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let names = ["networkpolicies.networking.k8s.io", "pods", "severity"];
        assert_eq!(nearest("networkpolicys.networking.k8s.io", names), Some(names[0]));
        assert_eq!(nearest("severty", names), Some("severity"));
        assert_eq!(nearest("deployments", names), None);
        assert_eq!(nearest("", names), None);
    }
}
