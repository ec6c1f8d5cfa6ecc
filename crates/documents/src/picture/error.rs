//! Why a picture was not read.

/// Why a picture was not read. [`PictureError::code`] is for programs; the message is a sentence for the person who sent
/// the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// None of the kinds that are read.
    #[error("This is not a picture that can be read. Please send it as PNG, JPEG, GIF, WebP or TIFF.")]
    FileType,
    /// A kind that is read, in a form that is not.
    #[error("This picture has {what}, which is not supported. Please save it as PNG or JPEG.")]
    Unsupported {
        /// What the picture has.
        what: &'static str,
    },
    /// More pixels than allowed. Nothing was decoded.
    #[error(
        "The picture has {width} × {height} pixels; at most {} million are read. Please make it smaller.",
        max_pixels / 1_000_000
    )]
    TooManyPixels {
        /// Pixels across, as the file says.
        width: u32,
        /// Pixels down, as the file says.
        height: u32,
        /// How many are allowed.
        max_pixels: u64,
    },
    /// A side is longer than allowed. Nothing was decoded.
    #[error(
        "The picture has {width} × {height} pixels; a side may have {max_side}. Please cut it into several pictures."
    )]
    SideTooLong {
        /// Pixels across, as the file says.
        width: u32,
        /// Pixels down, as the file says.
        height: u32,
        /// How many are allowed along a side.
        max_side: u32,
    },
    /// Decoding would need more memory than allowed. Nothing was decoded.
    #[error(
        "Reading the picture takes {} MB of memory; {} MB are allowed. Please make it smaller.",
        needed >> 20,
        limit >> 20
    )]
    TooMuchMemory {
        /// Bytes that decoding takes, estimated.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// More pages than allowed.
    #[error("The file has more than {limit} pages. Please split it.")]
    TooManyPages {
        /// How many are allowed.
        limit: u32,
    },
    /// More passes over the picture than any program makes.
    #[error("The picture is made of more than {limit} layers. Please save it as PNG or as an ordinary JPEG.")]
    TooManyScans {
        /// How many are allowed.
        limit: u32,
    },
    /// More codes than any program makes for the parts of a picture.
    #[error(
        "The parts of the picture have more than {limit} codes. Please save it as PNG or as an ordinary WebP."
    )]
    TooManyCodes {
        /// How many are allowed.
        limit: u32,
    },
    /// The file has fewer pages.
    #[error("The file has no page {page}.")]
    NoSuchPage {
        /// Counted from 1.
        page: u32,
    },
    /// The file is broken or ends too early.
    #[error("We could not read this file: {what}. Please save or scan it again.")]
    Corrupt {
        /// What is wrong.
        what: &'static str,
    },
}

impl PictureError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileType => "FILE_TYPE",
            Self::Unsupported { .. } => "PICTURE_UNSUPPORTED",
            Self::TooManyPixels { .. } | Self::SideTooLong { .. } | Self::TooMuchMemory { .. } => {
                "PICTURE_TOO_LARGE"
            }
            Self::TooManyPages { .. } => "TOO_MANY_PAGES",
            Self::TooManyScans { .. } | Self::TooManyCodes { .. } => "PICTURE_TOO_COMPLEX",
            Self::NoSuchPage { .. } => "NO_SUCH_PAGE",
            Self::Corrupt { .. } => "CORRUPT",
        }
    }

    pub(super) const fn corrupt(what: &'static str) -> Self {
        Self::Corrupt { what }
    }
}
