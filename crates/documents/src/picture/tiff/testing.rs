//! TIFF files for tests.

/// Tags with their numbers.
pub(in super::super) type Tags<'a> = &'a [(u16, &'a [u32])];

/// A little-endian TIFF of pages, each of tags with their numbers and one strip. The strip's offset and length are added.
pub(in super::super) fn file(pages: &[(Tags<'_>, &[u8])]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for (tags, strip) in pages {
        let offset = file.len() as u32;
        file.extend_from_slice(strip);
        file.resize(file.len().next_multiple_of(2), 0);
        let mut tags: Vec<(u16, Vec<u32>)> = tags
            .iter()
            .map(|(tag, numbers)| (*tag, numbers.to_vec()))
            .collect();
        tags.push((273, vec![offset]));
        tags.push((279, vec![strip.len() as u32]));
        let mut entries = Vec::new();
        for (tag, numbers) in &tags {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            entries.extend_from_slice(&tag.to_le_bytes());
            entries.extend_from_slice(&4_u16.to_le_bytes());
            entries.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
            if let [one] = numbers.as_slice() {
                entries.extend_from_slice(&one.to_le_bytes());
            } else {
                entries.extend_from_slice(&(file.len() as u32).to_le_bytes());
                file.extend_from_slice(&bytes);
            }
        }
        let here = (file.len() as u32).to_le_bytes();
        file[link..link + 4].copy_from_slice(&here);
        file.extend_from_slice(&(tags.len() as u16).to_le_bytes());
        file.extend_from_slice(&entries);
        link = file.len();
        file.extend_from_slice(&[0; 4]);
    }
    file
}
