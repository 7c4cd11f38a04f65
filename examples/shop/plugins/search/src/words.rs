//! Words as a search compares them. public/search.js folds what is typed in the same way.

/// The words of a text of two characters or more, in lower case, without accents.
pub fn of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(|word| word.chars().flat_map(char::to_lowercase).map(plain).collect::<String>())
        .filter(|word| word.chars().count() > 1)
        .collect()
}

/// The letter without its accent, for those of western Europe.
fn plain(letter: char) -> char {
    const ACCENTED: &str = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ";
    const PLAIN: &str = "aaaaaaceeeeiiiinooooouuuuyy";
    match ACCENTED.chars().position(|c| c == letter) {
        Some(at) => PLAIN.chars().nth(at).unwrap_or(letter),
        None => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(of("First-flush, 2,000 m: Élan & Zoë's"), ["first", "flush", "000", "elan", "zoe"]);
        assert!(of("").is_empty());
    }
}
