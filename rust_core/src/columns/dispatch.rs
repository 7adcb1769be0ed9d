//! The same conversion, compiled for several instruction sets. Nothing in it is reordered or fused,
//! so all of them give the same bits.

use super::decimal::convert;

/// An instruction set the conversion is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// What every machine of the target has.
    Scalar,
    /// Four values an instruction (`x86_64`).
    Avx2,
    /// Eight values an instruction (`x86_64`).
    Avx512,
}

impl Isa {
    /// Returns those that this machine has, the best last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut found = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2") {
                found.push(Self::Avx2);
            }
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512dq")
            {
                found.push(Self::Avx512);
            }
        }
        found
    }
}

/// Converts values of [`super::PLACES`] places to the nearest floats.
///
/// # Arguments
///
/// * `values`: each as its low and its high 64 bits, two's complement
/// * `isa`: one that [`Isa::all`] names; another is taken for [`Isa::Scalar`]
#[must_use]
pub fn to_f64(values: &[[u64; 2]], isa: Isa) -> Vec<f64> {
    let mut floats = vec![0.0; values.len()];
    match isa {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "only who asks the machine can know what it has")]
        // SAFETY: the features were detected, in this very line.
        Isa::Avx2 if Isa::all().contains(&isa) => unsafe { x86::avx2(values, &mut floats) },
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "only who asks the machine can know what it has")]
        // SAFETY: as above.
        Isa::Avx512 if Isa::all().contains(&isa) => unsafe { x86::avx512(values, &mut floats) },
        _ => convert(values, &mut floats),
    }
    floats
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::convert;

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(values: &[[u64; 2]], floats: &mut [f64]) {
        convert(values, floats);
    }

    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) fn avx512(values: &[[u64; 2]], floats: &mut [f64]) {
        convert(values, floats);
    }
}
