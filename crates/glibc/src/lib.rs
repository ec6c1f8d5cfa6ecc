//! Functions of the C library that a binary should not take from it.
//!
//! A program that is linked where glibc is newer asks for the newest version of each function there is. The functions'
//! runtime has glibc 2.34, and `hypot` and `hypotf`, which the libraries under the PDF reader call, got new versions in
//! 2.35: the worker would not start. A definition in the program itself goes before the library's.
//!
//! A crate that is started there names this one (`use docmill_glibc as _`); `infra/checks/glibc.py` finds what is
//! missing here.

/// The length of the hypotenuse: infinite if either side is, without overflow on the way.
// No other crate of the program defines it, and it has the C library's signature and meaning.
#[unsafe(no_mangle)]
pub extern "C" fn hypotf(x: f32, y: f32) -> f32 {
    if x.is_infinite() || y.is_infinite() {
        return f32::INFINITY;
    }
    // Squares of 24 bits fit the 53 bits of a double, and its exponents.
    let (x, y) = (f64::from(x), f64::from(y));
    (x * x + y * y).sqrt() as f32
}

/// The same of doubles, to the last bit or the one before it.
// As above.
#[unsafe(no_mangle)]
pub extern "C" fn hypot(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    // A power of two, so that nothing is rounded: squares of what is between 2^-400 and 2^500 are far from both ends.
    let largest = x.abs().max(y.abs());
    let scale = if largest > f64::from_bits((1023 + 500) << 52) {
        f64::from_bits((1023 - 600) << 52)
    } else if largest < f64::from_bits((1023 - 400) << 52) {
        f64::from_bits((1023 + 600) << 52)
    } else {
        1.0
    };
    let (x, y) = (x * scale, y * scale);
    (x * x + y * y).sqrt() / scale
}

#[cfg(test)]
mod tests {
    #[test]
    fn doubles_neither_overflow_nor_vanish() {
        for (x, y, length) in [
            (3.0, 4.0, 5.0),
            (-5.0, 12.0, 13.0),
            (3e300, 4e300, 5e300),
            (3e-310, 4e-310, 5e-310),
            (1e300, 1e-300, 1e300),
            (0.0, 0.0, 0.0),
            (f64::MAX, f64::MAX, f64::INFINITY),
            (f64::NAN, f64::NEG_INFINITY, f64::INFINITY),
        ] {
            let found = super::hypot(x, y);
            assert!(
                found == length || (found / length - 1.0).abs() < 1e-15,
                "{x} {y} {found}"
            );
            assert_eq!(f64::hypot(x, y).to_bits(), found.to_bits(), "{x} {y}");
        }
        assert!(super::hypot(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn the_program_has_its_own() {
        for (x, y, length) in [
            (3.0, 4.0, 5.0),
            (-3.0, 4.0, 5.0),
            (0.0, 0.0, 0.0),
            (3e38, 0.0, 3e38),
            (1e-45, 0.0, 1e-45),
            (3e38, 3e38, f32::INFINITY),
            (f32::NEG_INFINITY, f32::NAN, f32::INFINITY),
        ] {
            assert_eq!(super::hypotf(x, y), length, "{x} {y}");
            // What the standard library calls is this one.
            assert_eq!(f32::hypot(x, y), length, "{x} {y}");
        }
        assert!(super::hypotf(f32::NAN, 1.0).is_nan());
    }
}
