//! French of any length, the same each time.

/// A story of two paragraphs, a line of dialogue and sentences that are too long: one chunk.
pub const STORY: &str = "\
Paul lisait son journal et Marie préparait le café du matin. La mer était calme. Il voulait partir ; sa mère refusait \
de le laisser sortir.

— Où est-il ? demanda Jeanne.

Elle ouvrit la porte, puis elle regarda le jardin, mais il était vide. La pluie tombait sur les toits gris de la \
vieille ville endormie depuis des heures. Le vent soufflait, mais la maison tenait bon malgré la tempête.
";

const SUBJECTS: [&str; 7] = [
    "Le vieux pêcheur",
    "La couturière",
    "Un enfant",
    "Le gardien du phare",
    "Madame Leroux",
    "Le facteur",
    "Une inconnue",
];
const VERBS: [&str; 5] = ["regardait", "attendait", "cherchait", "oubliait", "racontait"];
const OBJECTS: [&str; 6] = [
    "la mer",
    "son ancien bateau",
    "les lettres de sa sœur",
    "une lampe",
    "le chemin du port",
    "des histoires de l'hiver",
];
const ENDS: [&str; 4] = [
    ".",
    " et le vent soufflait sur les toits gris de la ville endormie.",
    ", mais la maison restait vide.",
    " depuis des heures !",
];

/// At least `bytes` bytes of numbered sentences in paragraphs.
pub fn novel_of(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    let mut n = 0_usize;
    while text.len() < bytes {
        for _ in 0..8 {
            text.push_str(SUBJECTS[n % SUBJECTS.len()]);
            text.push(' ');
            text.push_str(VERBS[n / 3 % VERBS.len()]);
            text.push(' ');
            text.push_str(OBJECTS[n / 5 % OBJECTS.len()]);
            text.push_str(ENDS[n % ENDS.len()]);
            text.push(' ');
            n += 1;
        }
        text.push_str(&format!("Ce fut le soir numéro {n}.\n\n"));
    }
    text
}

/// More than 200 pages of 3000 characters: some 25 chunks, and still small enough to go with the request.
pub fn many_chunks() -> String {
    novel_of(2_300_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_as_asked() {
        let text = novel_of(100_000);
        assert!((100_000..102_000).contains(&text.len()));
        assert_eq!(text, novel_of(100_000));
        assert!(many_chunks().len() < 3 << 20);
    }
}
