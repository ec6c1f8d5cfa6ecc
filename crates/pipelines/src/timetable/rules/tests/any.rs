//! Whatever stands on a page.

use proptest::prelude::*;

use super::*;

fn words() -> impl Strategy<Value = Vec<TableWord>> {
    let text = prop_oneof![
        Just("Monday".to_owned()),
        Just("Tue".to_owned()),
        Just("9-10".to_owned()),
        Just("10.30".to_owned()),
        "[A-Za-z0-9:.–]{1,8}",
    ];
    let word = (
        text,
        0..10_000_i32,
        0..10_000_i32,
        0..900_i32,
        0..300_i32,
        0..4_u16,
    )
        .prop_map(|(text, x, y, width, height, quarters)| TableWord {
            text,
            area: Area {
                x0: x,
                y0: y,
                x1: (x + width).min(10_000),
                y1: (y + height).min(10_000),
            },
            confidence: 0.9,
            rotation: quarters * 90,
        });
    proptest::collection::vec(word, 0..60)
}

fn rulings() -> impl Strategy<Value = Vec<TableRuling>> {
    let ruling =
        (any::<bool>(), 0..20_i32, 0..20_i32, 0..20_i32).prop_map(|(is_horizontal, at, from, to)| {
            TableRuling {
                is_horizontal,
                at: at * 500,
                from: from.min(to) * 500,
                to: from.max(to) * 500,
            }
        });
    proptest::collection::vec(ruling, 0..60)
}

proptest! {
    #[test]
    fn any_page_is_read(words in words(), rulings in rulings(), is_seen in any::<bool>()) {
        let content = Content { words, rulings, is_seen, aspect: 0.7, ..Content::default() };
        let found = extract(&content, &[]);
        let again = extract(&content, &[]);
        prop_assert_eq!(&found, &again);
        for block in found.tables.iter().flat_map(|table| &table.blocks) {
            prop_assert!(!block.event_name.trim().is_empty());
        }
    }
}
