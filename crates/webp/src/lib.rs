//! Pictures to WebP, by libwebp, linked statically.
//!
//! The one place of the workspace that calls C: no encoder in Rust comes near libwebp's lossy one in size or speed, and
//! the crates around it turn pixels into four bytes each before it makes planes of them. Only the encoder is called. It
//! sees pixels, never a file that somebody sent; the linker leaves the decoder out.

use std::ffi::{c_int, c_void};

use libwebp_sys::{
    WEBP_MAX_DIMENSION, WebPConfig, WebPEncode, WebPPicture, WebPPictureFree, WebPPictureImportRGB,
    WebPValidateConfig,
};

/// Pixels along the longest side that the format has room for.
pub const MAX_SIDE: u32 = WEBP_MAX_DIMENSION;

/// Bytes of a pixel: red, green, blue.
const CHANNELS: usize = 3;

/// How a picture is compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// 0 to 100.
    pub quality: u8,
    /// Time spent for smaller files, 0 to 6: what libwebp calls method, and other programs effort.
    pub method: u8,
}

/// Why a picture was not compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebPError {
    /// A side is empty or longer than [`MAX_SIDE`].
    #[error("a WebP picture has 1 to {MAX_SIDE} pixels along each side")]
    Side,
    /// Not as many bytes as the sides ask for.
    #[error("the picture's bytes do not fit its width and height")]
    Length,
    /// Quality or method out of their ranges.
    #[error("quality is 0 to 100, method 0 to 6")]
    Settings,
    /// The encoder gave up; its own code.
    #[error("libwebp failed with code {0}")]
    Encoder(i32),
}

/// A picture of libwebp's, freed with this.
struct Picture(WebPPicture);

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: initialised by `WebPPicture::new`, and freed nowhere else.
        unsafe { WebPPictureFree(&mut self.0) }
    }
}

/// Compresses red, green and blue bytes, row by row from the top, with losses.
///
/// # Errors
/// [`WebPError`].
pub fn encode(width: u32, height: u32, rgb: &[u8], settings: Settings) -> Result<Vec<u8>, WebPError> {
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(WebPError::Side);
    }
    if rgb.len() != width as usize * height as usize * CHANNELS {
        return Err(WebPError::Length);
    }
    let mut config = WebPConfig::new().map_err(|()| WebPError::Settings)?;
    config.quality = f32::from(settings.quality);
    config.method = c_int::from(settings.method);
    // SAFETY: the configuration is initialised, and only read.
    if unsafe { WebPValidateConfig(&config) } == 0 {
        return Err(WebPError::Settings);
    }
    let mut picture = Picture(WebPPicture::new().map_err(|()| WebPError::Settings)?);
    // Both fit: they were compared with the longest side.
    picture.0.width = width as c_int;
    picture.0.height = height as c_int;
    // Planes at once, without four bytes for each pixel on the way.
    picture.0.use_argb = 0;
    let stride = (width as usize * CHANNELS) as c_int;
    // SAFETY: `rgb` holds `height` rows of `stride` bytes, as was checked, and is only read, during this call.
    if unsafe { WebPPictureImportRGB(&mut picture.0, rgb.as_ptr(), stride) } == 0 {
        return Err(WebPError::Encoder(picture.0.error_code as i32));
    }
    let mut output: Vec<u8> = Vec::new();
    picture.0.writer = Some(append);
    picture.0.custom_ptr = (&raw mut output).cast::<c_void>();
    // SAFETY: configuration and picture are initialised; `output` outlives the call and is touched by `append` alone.
    if unsafe { WebPEncode(&config, &mut picture.0) } == 0 {
        return Err(WebPError::Encoder(picture.0.error_code as i32));
    }
    Ok(output)
}

/// Takes a piece of the encoded picture. 0 stops the encoder.
unsafe extern "C" fn append(data: *const u8, length: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: `encode` put a vector there that nobody else holds meanwhile.
    let output = unsafe { &mut *(*picture).custom_ptr.cast::<Vec<u8>>() };
    if length == 0 {
        return 1;
    }
    if output.try_reserve(length).is_err() {
        return 0;
    }
    // SAFETY: libwebp hands over `length` readable bytes for the time of this call.
    output.extend_from_slice(unsafe { std::slice::from_raw_parts(data, length) });
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        quality: 85,
        method: 4,
    };

    #[test]
    fn a_picture_becomes_a_file_of_its_size() {
        let rgb: Vec<u8> = (0..40 * 30 * 3).map(|at| (at % 251) as u8).collect();
        let file = encode(40, 30, &rgb, SETTINGS).unwrap();
        assert_eq!(file.get(..4), Some(&b"RIFF"[..]));
        assert_eq!(file.get(8..16), Some(&b"WEBPVP8 "[..]));
        // Width and height of a lossy picture's frame header, 14 bits each.
        assert_eq!(file.get(26..30), Some(&[40, 0, 30, 0][..]));
        let worse = Settings {
            quality: 50,
            ..SETTINGS
        };
        assert!(encode(40, 30, &rgb, worse).unwrap().len() < file.len());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(encode(0, 1, &[], SETTINGS), Err(WebPError::Side));
        assert_eq!(encode(1, MAX_SIDE + 1, &[], SETTINGS), Err(WebPError::Side));
        assert_eq!(encode(2, 2, &[0; 11], SETTINGS), Err(WebPError::Length));
        for (quality, method) in [(101, 4), (85, 7)] {
            let settings = Settings { quality, method };
            assert_eq!(encode(1, 1, &[0; 3], settings), Err(WebPError::Settings));
        }
    }
}
