//! Functions of the C library that a binary should not take from it.
//!
//! A program that is linked where glibc is newer asks for the newest version of each function there is. The functions'
//! runtime has glibc 2.34, and `hypotf`, which the font library under the PDF reader calls, got a new version in 2.35:
//! the worker would not start. A definition in the program itself goes before the library's.
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

#[cfg(test)]
mod tests {
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
