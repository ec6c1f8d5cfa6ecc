//! The part of the crate `crc-fast` that the SDK calls, under its name: `[patch.crates-io]` puts this in its place.
//!
//! The original carries tables for 49 checksums that no linker can tell to be unused: 0.66 MB of every package with S3
//! in it, which no compression makes smaller. S3's client asks for three. Bodies are signed with SHA-256 here, and a
//! checksum is made of lists of keys to delete and the like, so this one is short before it is fast.

/// The checksums by their names in the catalogue of CRCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32 as in gzip.
    Crc32IsoHdlc,
    /// CRC-32C.
    Crc32Iscsi,
    /// CRC-64 as in NVMe.
    Crc64Nvme,
}

/// The remainders of a byte by one polynomial.
type Table = [u64; 256];

static CRC32_ISO_HDLC: Table = table(0xEDB8_8320);
static CRC32_ISCSI: Table = table(0x82F6_3B78);
static CRC64_NVME: Table = table(0x9A6C_9329_AC4B_C9B5);

/// Of a polynomial with its lowest power in the highest bit.
const fn table(polynomial: u64) -> Table {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut remainder = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (if remainder & 1 == 1 { polynomial } else { 0 });
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

impl CrcAlgorithm {
    fn table(self) -> &'static Table {
        match self {
            Self::Crc32IsoHdlc => &CRC32_ISO_HDLC,
            Self::Crc32Iscsi => &CRC32_ISCSI,
            Self::Crc64Nvme => &CRC64_NVME,
        }
    }

    /// All bits of a checksum set: what each of the three starts from and is turned round with at the end.
    fn ones(self) -> u64 {
        match self {
            Self::Crc32IsoHdlc | Self::Crc32Iscsi => u64::from(u32::MAX),
            Self::Crc64Nvme => u64::MAX,
        }
    }
}

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub struct Digest {
    algorithm: CrcAlgorithm,
    remainder: u64,
}

impl Digest {
    /// The checksum of nothing yet.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self {
            algorithm,
            remainder: algorithm.ones(),
        }
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        let table = self.algorithm.table();
        self.remainder = bytes.iter().fold(self.remainder, |remainder, byte| {
            (remainder >> 8) ^ table[usize::from(remainder as u8 ^ byte)]
        });
    }

    /// The checksum of the bytes so far.
    pub fn finalize(&self) -> u64 {
        self.remainder ^ self.algorithm.ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue's value of each: the checksum of these nine digits, whole and in two parts.
    #[test]
    fn the_check_values_are_the_catalogues() {
        for (algorithm, check) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xCBF4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xE306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xAE8B_1486_0A79_9888),
        ] {
            let mut digest = Digest::new(algorithm);
            digest.update(b"123456789");
            assert_eq!(digest.finalize(), check, "{algorithm:?}");
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), check, "{algorithm:?}");
        }
    }

    #[test]
    fn nothing_has_the_checksum_0() {
        assert_eq!(Digest::new(CrcAlgorithm::Crc64Nvme).finalize(), 0);
        assert_eq!(Digest::new(CrcAlgorithm::Crc32Iscsi).finalize(), 0);
    }
}
